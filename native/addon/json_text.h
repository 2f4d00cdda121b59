// Texts as JSON has them, for what is written without JavaScript.
#pragma once
#include <string>

// In quotes.
std::string jsonText(const std::string& text);
