#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// What a target of this folder is: one function that takes any bytes and ends the process when
/// something does not hold that must. libFuzzer calls it (preset asan), and so does
/// replay_main.cpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace baton::fuzz {

/// Ends the process as a finding, with what should have held and what was there instead.
inline void must(bool holds, std::string_view what, std::string_view instead = "") {
  if (holds)
    return;
  std::fprintf(stderr, "does not hold: %.*s\n%.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(instead.size()), instead.data());
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes the first byte off the front; 0 when there is none.
inline unsigned take_byte(std::string_view& text) {
  if (text.empty())
    return 0;
  const auto byte = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  return byte;
}

/// Takes what is before `mark`, and the mark, off the front; all of it when there is no mark.
inline std::string_view take_until(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + mark.size());
  return part;
}

} // namespace baton::fuzz
