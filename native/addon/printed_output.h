// What modules have printed before the gate: kept by the zygote instead of its stand-ins, and printed by each run before it goes on.
#pragma once
#include <string>
#include <sys/uio.h>
#include <vector>

class PrintedOutput {
 public:
  // False if it cannot be kept: it is too much with what there is, or has the time of day in it, which is another one in each run.
  bool mayKeep(const std::string& text) const;
  // `stream`: 1 or 2.
  void keep(int stream, std::string text);

  // Whether descriptors 1 and 2 of this process lead somewhere, as far as something is to be printed to them.
  bool canPrint() const;
  // All of it, in order, to the end: waits for a reader that is slow. What cannot be written any more is lost, as for console.log().
  void print() const;

  // What was printed to one of them.
  std::string of(int stream) const;

 private:
  struct Part {
    int stream;
    std::string text;
  };
  std::vector<Part> parts_;
};

std::string textOf(const iovec* parts, int count);
