#include "addon/libraries.h"

#include <cstring>
#include <link.h>

namespace {

struct Library {
  const char* strings = nullptr;
  const ElfW(Sym)* symbols = nullptr;
  const ElfW(Rela)* calls = nullptr;  // what it calls of others
  const ElfW(Rela)* others = nullptr;
  size_t call_bytes = 0, other_bytes = 0;
};

bool refersTo(const Library& library, const ElfW(Rela)* relocations, size_t bytes, const char* name) {
  for (size_t i = 0; relocations && i < bytes / sizeof *relocations; i++)
    if (strcmp(library.strings + library.symbols[ELF64_R_SYM(relocations[i].r_info)].st_name, name) == 0) return true;
  return false;
}

Library describe(const ElfW(Dyn)* entry) {
  Library library;
  for (; entry->d_tag != DT_NULL; entry++) {
    // The dynamic linker has made addresses of these in place (glibc; not in the vdso, which has no relocations).
    const auto address = entry->d_un.d_ptr;
    if (entry->d_tag == DT_STRTAB) library.strings = reinterpret_cast<const char*>(address);
    if (entry->d_tag == DT_SYMTAB) library.symbols = reinterpret_cast<const ElfW(Sym)*>(address);
    if (entry->d_tag == DT_JMPREL) library.calls = reinterpret_cast<const ElfW(Rela)*>(address);
    if (entry->d_tag == DT_RELA) library.others = reinterpret_cast<const ElfW(Rela)*>(address);
    if (entry->d_tag == DT_PLTRELSZ) library.call_bytes = entry->d_un.d_val;
    if (entry->d_tag == DT_RELASZ) library.other_bytes = entry->d_un.d_val;
  }
  return library;
}

bool holdsAddress(const dl_phdr_info* info, const void* address) {
  const auto offset = reinterpret_cast<ElfW(Addr)>(address) - info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_LOAD && offset - info->dlpi_phdr[i].p_vaddr < info->dlpi_phdr[i].p_memsz) return true;
  return false;
}

int lookForPackages(dl_phdr_info* info, size_t, void* found) {
  const std::string name = info->dlpi_name;
  if (!name.ends_with(".node") || holdsAddress(info, reinterpret_cast<const void*>(&lookForPackages)) || name.find("/native/platform-") != std::string::npos) return 0;
  *static_cast<bool*>(found) = true;
  return 1;
}

int look(dl_phdr_info* info, size_t, void* found) {
  // Node itself has no name here, and this library calls it on purpose.
  if (info->dlpi_name[0] == 0 || holdsAddress(info, reinterpret_cast<const void*>(&look))) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const Library library = describe(reinterpret_cast<const ElfW(Dyn)*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr));
    if (!library.strings || !library.symbols) continue;
    if (!refersTo(library, library.calls, library.call_bytes, "madvise") && !refersTo(library, library.others, library.other_bytes, "madvise")) continue;
    *static_cast<std::string*>(found) = info->dlpi_name;
    return 1;
  }
  return 0;
}

}  // namespace

bool hasNativePackages() {
  bool found = false;
  dl_iterate_phdr(lookForPackages, &found);
  return found;
}

std::string libraryThatDiscardsPages() {
  std::string found;
  dl_iterate_phdr(look, &found);
  return found;
}
