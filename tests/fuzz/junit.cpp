// A JUnit report, whole and as the beginning of a longer one.

#include "fuzz.hpp"

#include "runtime/testing/junit.hpp"

#include <algorithm>

namespace baton::fuzz {

namespace {

constexpr std::size_t shown_max = 200;

void look_at(const expected<junit_report>& read) {
  if (!read) {
    must(read.error().code == ec::tests_failed, "what is no report is tests_failed");
    must(read.error().what.size() < 2 * shown_max, "why it is none is short", read.error().what);
    return;
  }
  for (const auto count : {read->tests, read->failures, read->errors, read->skipped})
    must(count >= 0, "nothing is counted below zero", std::to_string(count));
  must(read->failing.size() <= 5, "only the first few names are kept");
  for (const auto& name : read->failing) {
    must(name.size() < shown_max, "a name is short", name);
    must(std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
         "a name has no control characters", name);
  }
}

} // namespace

} // namespace baton::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  const auto text = fuzz::text_of(data, size);
  const auto whole = read_junit(text);
  const auto beginning = read_junit(text, true);
  fuzz::look_at(whole);
  fuzz::look_at(beginning);
  if (whole) {
    fuzz::must(beginning.has_value(), "what is a report is also the beginning of one");
    fuzz::must(beginning->tests >= whole->tests && beginning->failing == whole->failing,
               "a beginning tells no less than the same text does as a whole");
  }
  return 0;
}
