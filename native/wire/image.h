// The image of a zygote, from which its clients become runs themselves ("thaw", PROTOCOL.md). One file in memory: a page's offset is its
// address, so that neighbours merge to one mapping and a mapping that is enlarged goes on with a hole. Above all addresses, at
// IMAGE_HEADER, stands what the kernel knows of the process: the header, then its tables; at IMAGE_HOT what its runs have in common.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// x86-64: user addresses end below 2^47 (Documentation/arch/x86/x86_64/mm.rst), but for programs that ask for more.
#define IMAGE_HEADER ((int64_t)1 << 47)
#define IMAGE_MAGIC 0x3374776854736e49ULL  // "InsThwt3": layout version 3
#define IMAGE_SIZE (IMAGE_HEADER + (64 << 20))
#define IMAGE_HOT (IMAGE_SIZE - IMAGE_PAGE)

// As memfd_create(2) calls it, and as proc_pid_maps(5) shows it.
#define IMAGE_NAME "instastart image"
#define IMAGE_MAPS_NAME "/memfd:" IMAGE_NAME

enum { IMAGE_PAGE = 4096, IMAGE_SIGNALS = 64, IMAGE_SPECIALS = 8, IMAGE_COMM = 16, IMAGE_REASON = 256, IMAGE_AUXILIARY = 64 };

// What a function's caller relies on; the rest of the registers is free at a call (System V ABI, 3.2.1).
struct image_registers {
  uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
  uint32_t mxcsr;
  uint16_t fpu_control;
};

// struct kernel_sigaction of x86-64 (arch/x86/include/uapi/asm/signal.h).
struct image_signal_action {
  uint64_t handler, flags, restorer, mask;
};

// vdso, vvar and their like: the kernel's own pages, which a process can move but not make.
struct image_special {
  uint64_t start, length;
};

struct image_header {
  uint64_t magic;
  char reason[IMAGE_REASON];  // why there is no image; empty: it is complete
  uint64_t size;              // of header and tables
  uint64_t mappings, files, descriptors;          // offsets of the tables from the header's start
  uint32_t mapping_count, file_count, descriptor_count, special_count;
  uint64_t address_space;     // bytes of all mappings
  uint64_t populated;         // bytes of pages in the image
  struct image_registers registers;
  uint64_t fs_base, tid_address, robust_list, robust_list_size;
  uint64_t rseq_address;      // 0: none registered
  uint32_t rseq_size, rseq_signature;
  uint64_t alternate_stack, alternate_stack_size;
  // Fields of /proc/pid/stat, as PR_SET_MM_MAP takes them (prctl(2)).
  uint64_t start_code, end_code, start_data, end_data, start_brk, brk, start_stack, arg_start, arg_end;
  uint64_t stack_low, stack_high;  // in use, of the main thread's
  uint64_t auxiliary[IMAGE_AUXILIARY];  // /proc/pid/auxv: where debuggers look for the program's own headers
  uint32_t auxiliary_size;              // bytes
  uint32_t executable;                  // index of its file
  struct image_special specials[IMAGE_SPECIALS];
  struct image_signal_action actions[IMAGE_SIGNALS + 1];  // by number
  char comm[IMAGE_COMM];
};

enum image_source { IMAGE_ZERO, IMAGE_PAGES, IMAGE_FILE };
enum image_mapping_flags { IMAGE_SHARED = 1, IMAGE_NORESERVE = 2, IMAGE_NOT_IN_FORKS = 4 };

// In the order in which they are to be made; a later one may lie on an earlier one.
struct image_mapping {
  uint64_t start, length;
  uint64_t offset;  // in its file
  uint16_t source, flags;
  uint16_t protection;
  uint16_t file;  // index
};

// A file that is mapped unchanged: it must be the very same.
struct image_file {
  uint64_t device, inode;
  int64_t size, modified_ns;
  char path[4096];
};

enum image_descriptor_kind { IMAGE_NOTHING, IMAGE_EPOLL, IMAGE_EVENTFD, IMAGE_PIPE_READER, IMAGE_PIPE_WRITER, IMAGE_CHANNEL };

// Descriptors are made again under their number; those from 0 to 2 are the client's, and so is the channel to its parent, which must have this number.
struct image_descriptor {
  int32_t number;
  int32_t other;    // a pipe's writer: the number of its reader
  uint32_t kind;
  uint32_t flags;   // fcntl(F_GETFL)
  uint32_t pending; // bytes in a pipe
  uint32_t closes_on_exec;
};

// The only page of an image that its zygote still writes to once it is sealed: which pages runs write to in any case, for clients to populate
// (MADV_POPULATE_WRITE, madvise(2)). A hint, so nothing depends on it.
enum { IMAGE_HOT_MOST = 511 };
struct image_hot {
  uint32_t is_wanted;  // not known yet: a run is to tell what it has written to
  uint32_t count;
  uint64_t ranges[IMAGE_HOT_MOST];  // the first page's address, a multiple of IMAGE_PAGE, plus the number of pages
};

// What a client leaves for the run that it becomes, in a mapping that lasts as long as the run.
struct image_handover {
  uint64_t mapping, mapping_length;
  char **arguments;    // argv of the plain run that this one stands for: Node, its options, the entry, the program's arguments
  char **environment;
  uint32_t argument_count;
  uint32_t option_count;  // how many after Node are its options
  uint32_t is_hot_wanted;  // as in `struct image_hot`
  int64_t started_ns;     // when this process did, by CLOCK_MONOTONIC
};

#ifdef __cplusplus
}
#endif
