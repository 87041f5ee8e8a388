// baton.yaml, the whole way: text, tree, schema, fleet, plan.

#include "fuzz.hpp"

#include "messages/json.hpp"
#include "rules/plan.hpp"
#include "runtime/config/load.hpp"
#include "runtime/config/show.hpp"
#include "runtime/config/text_guard.hpp"
#include "runtime/config/yaml_text.hpp"

#include <algorithm>

namespace baton::fuzz {

namespace {

load_options no_git() {
  return {[](const std::string&) { return std::optional<std::string>{"git@example.org:a/b.git"}; },
          nullptr};
}

/// Each fault has words and a place in the file, in one line that a terminal can show.
void look_at(const config_fault& fault, int lines) {
  const auto said = to_string(fault);
  must(!fault.what.empty(), "a fault says what is wrong", said);
  must(fault.line >= 0 && fault.line <= lines + 1, "a fault lies in the file", said);
  must((fault.line == 0) == (fault.column == 0), "a fault has line and column, or neither", said);
  must(!find_bad_byte(said) && said.find('\n') == std::string::npos, "a fault is one line", said);
}

void look_at(const fleet& made) {
  const auto written = dump(to_json(made));
  must(dump(to_json(fleet_from_json(json::parse(written)))) == written,
       "a fleet comes back from its JSON as it was", written);
  for (const auto& environment : made.environments) {
    const auto plan =
        make_plan(made, {"main", environment.name, true, false}, {"run", "release"}, {}, "me@here");
    must(plan.has_value(), "a fleet that loads can be planned", plan ? "" : plan.error().what);
    const auto frozen = dump(to_json(*plan));
    must(dump(to_json(plan_from_json(json::parse(frozen)))) == frozen,
         "a plan comes back from its JSON as it was", frozen);
  }
  const auto shown = yaml_text(resolved_config(made));
  must(parse_yaml(shown, "shown").has_value(), "`config show` prints YAML", shown);
}

} // namespace

} // namespace baton::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  const auto text = fuzz::text_of(data, size);
  const auto loaded = load_fleet_text(text, "/fleet/baton.yaml", fuzz::no_git());
  if (loaded) {
    fuzz::look_at(*loaded);
    return 0;
  }
  fuzz::must(!loaded.error().empty(), "a file that does not load has faults");
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const auto& fault : loaded.error())
    fuzz::look_at(fault, lines);
  return 0;
}
