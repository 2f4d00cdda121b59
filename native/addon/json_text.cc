#include "addon/json_text.h"

#include <cstdio>

std::string jsonText(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    char escaped[8];
    snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
    if (c == '"' || c == '\\' || (c >= 0 && c < ' ')) result += escaped;
    else result += c;
  }
  return result + "\"";
}
