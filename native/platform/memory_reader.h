// Reads what may not be there.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

// More bytes than an isolate takes.
constexpr size_t ISOLATE = 512 * 1024;

// By way of a pipe: the kernel looks first. (/proc/self/mem would read what is protected, too, and make pages of it that nobody can read
// afterwards.)
class MemoryReader {
 public:
  MemoryReader() { if (pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0) ends_[0] = ends_[1] = -1; }
  ~MemoryReader() {
    close(ends_[0]);
    close(ends_[1]);
  }
  MemoryReader(const MemoryReader&) = delete;
  // How many bytes were there.
  size_t read(uintptr_t at, void* into, size_t length) const {
    size_t done = 0;
    while (done < length) {
      const size_t wanted = std::min<size_t>(length - done, PAGE);
      const ssize_t passed = write(ends_[1], reinterpret_cast<const void*>(at + done), wanted);
      if (passed <= 0 || ::read(ends_[0], static_cast<char*>(into) + done, static_cast<size_t>(passed)) != passed) break;
      done += static_cast<size_t>(passed);
      if (static_cast<size_t>(passed) < wanted) break;
    }
    return done;
  }
  // As far as they were there.
  std::vector<uintptr_t> words(uintptr_t at, size_t length) const {
    std::vector<uintptr_t> words(length / sizeof(uintptr_t));
    words.resize(read(at, words.data(), words.size() * sizeof(uintptr_t)) / sizeof(uintptr_t));
    return words;
  }

 private:
  enum { PAGE = 4096 };  // never written in part, but where memory ends
  int ends_[2];
};

// What may be pointers among these words, each once.
inline std::vector<uintptr_t> pointersAmong(std::vector<uintptr_t> words) {
  std::erase_if(words, [](uintptr_t word) { return word % sizeof(uintptr_t) != 0 || word < 1 << 16 || word >> 47 != 0; });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}
