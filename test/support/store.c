// `store <file> <offset> <text>`: changes the file by way of a shared mapping.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const int file = open(argv[1], O_RDWR);
  const size_t offset = strtoul(argv[2], NULL, 10), length = strlen(argv[3]);
  char *const mapped = mmap(NULL, offset + length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) return 1;
  memcpy(mapped + offset, argv[3], length);
  return 0;
}
