#include "runtime/testing/junit.hpp"

#include "runtime/fault.hpp"

#include <algorithm>
#include <pugixml.hpp>

namespace baton {

namespace {

constexpr std::size_t failing_max = 5;
constexpr std::size_t name_max = 160;

/// Cut between characters, without control characters.
std::string shown(std::string name) {
  if (name.size() > name_max) {
    auto end = name_max;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U)
      --end;
    name = name.substr(0, end) + "…";
  }
  for (auto& c : name)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  return name;
}

std::string name_of(const pugi::xml_node& test) {
  const std::string suite = test.attribute("classname").value();
  const std::string name = test.attribute("name").value();
  return shown(suite.empty() || name.empty() ? suite + name : suite + "." + name);
}

void add_case(const pugi::xml_node& test, junit_report& to) {
  ++to.tests;
  const bool failed = test.child("failure");
  const bool erred = test.child("error");
  to.failures += failed ? 1 : 0;
  to.errors += erred && !failed ? 1 : 0;
  to.skipped += test.child("skipped") && !failed && !erred ? 1 : 0;
  if ((failed || erred) && to.failing.size() < failing_max)
    to.failing.push_back(name_of(test));
}

/// The next node in the order of the text; no recursion, as a report may be of any depth.
pugi::xml_node after(pugi::xml_node node, bool into) {
  if (into && node.first_child())
    return node.first_child();
  while (node && !node.next_sibling())
    node = node.parent();
  return node.next_sibling();
}

junit_report count_cases(const pugi::xml_node& root) {
  junit_report found;
  for (auto node = root; node;) {
    const bool is_case = std::string_view{node.name()} == "testcase";
    if (is_case)
      add_case(node, found);
    node = after(node, !is_case);
  }
  return found;
}

void add_attributes(const pugi::xml_node& suite, junit_report& to) {
  const auto count = [&](const char* name) {
    return static_cast<long>(std::clamp(suite.attribute(name).as_llong(), 0LL, 1'000'000'000LL));
  };
  to.tests += count("tests");
  to.failures += count("failures");
  to.errors += count("errors");
  to.skipped += std::max(count("skipped"), count("disabled"));
}

/// What the outermost suites say of themselves.
junit_report read_attributes(const pugi::xml_node& root) {
  junit_report said;
  if (root.attribute("tests"))
    add_attributes(root, said);
  else
    for (const auto& suite : root.children("testsuite"))
      add_attributes(suite, said);
  return said;
}

} // namespace

expected<junit_report> read_junit(std::string_view text, bool cut) {
  pugi::xml_document document;
  const auto read =
      document.load_buffer(text.data(), text.size(), pugi::parse_minimal | pugi::parse_escapes);
  const auto root = document.document_element();
  const std::string_view kind = root.name();
  if ((!read && !cut) || (kind != "testsuites" && kind != "testsuite"))
    return fault(ec::tests_failed, read ? "it is no JUnit report, but <" + shown(root.name()) + ">"
                                        : "it is no XML: " + std::string{read.description()});
  auto found = count_cases(root);
  const auto said = read_attributes(root);
  // Cases that cannot be read here were counted by who ran them.
  if (cut || found.tests == 0) {
    found.tests = std::max(found.tests, said.tests);
    found.failures = std::max(found.failures, said.failures);
    found.errors = std::max(found.errors, said.errors);
    found.skipped = std::max(found.skipped, said.skipped);
  }
  return found;
}

} // namespace baton
