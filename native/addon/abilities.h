// What the kernel can do for us, asked by trying.
#pragma once
#include <string>
#include <vector>

struct Ability {
  std::string name;
  bool is_there;
};

// In a process that may be asked anything: nothing is left open or changed.
std::vector<Ability> kernelAbilities();
