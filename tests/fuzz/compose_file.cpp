// compose.yaml, of which `baton init` proposes checks.

#include "fuzz.hpp"

#include "runtime/config/compose_ports.hpp"
#include "runtime/config/yaml_tree.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  for (const auto& port : published_ports(fuzz::text_of(data, size))) {
    const auto check = proposed_check(port);
    fuzz::must(port.published > 0 && port.target > 0, "a port is a number", check);
    fuzz::must(port.path.starts_with('/'), "a path begins with a slash", check);
    // It is written into a baton.yaml as it stands.
    const auto read = parse_yaml("checks: [" + check + "]\n", "proposed");
    fuzz::must(read.has_value(), "a proposed check is YAML", check);
    const auto* list = find_key(**read, "checks");
    fuzz::must(list->items.size() == 1, "a proposed check is one check", check);
    const auto& item = *list->items.front();
    const bool one_key = item.kind == yaml_kind::mapping && item.entries.size() == 1;
    fuzz::must(one_key, "a proposed check has one key", check);
    const auto where = port.address + ':' + std::to_string(port.published);
    const auto& [key, at, value] = item.entries.front();
    const auto wanted = key == "tcp" ? where : "http://" + where + port.path;
    fuzz::must(value->text == wanted, "a proposed check is read back as it was meant", check);
  }
  return 0;
}
