// What a host says of its stacks: `docker inspect` as JSON, releases, processes, services. First
// byte of the input: which engine, what counts. Then the facts, as a script writes them, and behind
// a line `---` containers as docker tells them.

#include "fuzz.hpp"

#include "messages/json.hpp"
#include "runtime/checks/words.hpp"
#include "runtime/release/containers.hpp"
#include "runtime/release/foresee.hpp"

namespace baton::fuzz {

namespace {

using release::facts;

void look_at(const release::container& one) {
  must(one.patience >= std::chrono::seconds{0}, "patience is not below zero");
  must(one.said.size() <= 210, "the last words are few", one.said);
}

void look_at(const unit_view& view, bool compose) {
  must(view.start_left >= duration{0}, "what is left of a start is not below zero");
  must(view.healthy.has_value() || view.ill.empty(), "nothing is ill where nothing runs");
  if (compose && view.healthy)
    must(*view.healthy == view.ill.empty(), "healthy is that nothing is ill");
  must(!view.releases.empty() || !view.healthy, "what runs belongs to something");
  record written;
  written.run = "run";
  written.what = event::step_ended{"deploy", step_kind::look, 0, 1, {{}, view, {}, {}, {}, false}};
  const auto text = dump(to_json(written));
  must(dump(to_json(record_from_json(json::parse(text)))) == text,
       "a view comes back from the journal as it was written", text);
}

} // namespace

} // namespace baton::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  auto text = fuzz::text_of(data, size);
  const auto choice = fuzz::take_byte(text);
  auto told = release::parse_facts(fuzz::take_until(text, "---\n"));
  if (!text.empty())
    told["look.containers"] = text;
  for (const auto& one : release::parse_containers(release::get(told, "look.containers")))
    fuzz::look_at(one);
  unit_view view;
  release::read_containers(told, (choice & 1) != 0, view);
  fuzz::look_at(view, true);
  unit_view command;
  command.releases = release::running_commands(told);
  fuzz::look_at(command, false);
  const auto made = release::foreseen(told, (choice & 2) != 0);
  for (const auto& [key, value] : made)
    fuzz::must(!key.starts_with("service.") || value == "new" || value == "changed"
                   || value == "rebuilt" || value == "gone" || value == "same",
               "what becomes of a service is one of five words", value);
  check_answers(release::get(told, "look.checks"));
  return 0;
}
