// All that thaw needs to know of x86-64. Inlined always, for its caller may have nothing but itself.
#pragma once
#include <stdint.h>
#include "wire/image.h"

// Where a program's addresses end (Documentation/arch/x86/x86_64/mm.rst).
#define ADDRESSES_END ((1L << 47) - IMAGE_PAGE)

// A negative error number, or the result.
static inline __attribute__((always_inline)) long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

// Goes on in function(argument) on another stack.
static inline __attribute__((always_inline, noreturn)) void switch_stack(uint64_t stack_top, uint64_t function, void *argument) {
  // As after a call: 8 below a multiple of 16 (System V ABI, 3.2.2).
  __asm__ volatile("mov %0, %%rsp\n push $0\n jmp *%1" : : "r"(stack_top & ~15ULL), "r"(function), "D"(argument) : "memory");
  __builtin_unreachable();
}

// Returns from saveRegisters() in the image, with the handover as its result.
static inline __attribute__((always_inline, noreturn)) void load_registers(const struct image_registers *registers, const struct image_handover *handover) {
  __asm__ volatile(
      "ldmxcsr 64(%%rdi)\n fldcw 68(%%rdi)\n"
      "mov 0(%%rdi), %%rbx\n mov 8(%%rdi), %%rbp\n mov 16(%%rdi), %%r12\n mov 24(%%rdi), %%r13\n mov 32(%%rdi), %%r14\n mov 40(%%rdi), %%r15\n"
      "mov 48(%%rdi), %%rsp\n jmp *56(%%rdi)"
      :
      : "D"(registers), "a"(handover)
      : "memory");
  __builtin_unreachable();
}
