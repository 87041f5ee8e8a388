// How a step ended, by what its script wrote: every kind of step of a plan, its facts, the end of
// its log. That is also all that C++ reads of snapshot tools, whose own output is read by sh.
// The input: a letter for the kind of step, a digit for which of them, how it ended; then the
// facts, and behind a line `---` the log.

#include "fuzz.hpp"
#include "world.hpp"

#include "messages/json.hpp"
#include "runtime/job.hpp"
#include "runtime/log/utf8.hpp"

namespace baton::fuzz {

namespace {

job_end ended(unsigned how) {
  job_end end;
  switch (how) {
  case 'l':
    end.lost = true;
    break;
  case 'd':
    end.deadline_hit = true;
    break;
  case 's':
    end.signal = "KILL";
    break;
  case 'n':
    break;
  default:
    end.exit = static_cast<int>(how) - '0'; // `0` is a success
  }
  return end;
}

void look_at(const step_outcome& outcome, const job_context& context, std::string_view facts) {
  if (outcome.why) {
    must(!outcome.why->what.empty(), "a failure has words");
    must(!outcome.why->what.starts_with("cannot read the step"), "no exception leaks",
         outcome.why->what);
  }
  must(outcome.notes.size() <= facts.size(), "notes are of bounded number");
  record written;
  written.run = "run";
  written.what =
      event::step_ended{context.step.phase, context.step.kind, context.step.of, 1, outcome};
  const auto text = dump(to_json(written));
  must(dump(to_json(record_from_json(json::parse(text)))) == text,
       "an outcome comes back from the journal as it was written", text);
}

} // namespace

} // namespace baton::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  static const auto world = fuzz::made_world();
  auto text = fuzz::text_of(data, size);
  constexpr auto kinds = static_cast<unsigned>(step_kind::release_lease) + 1;
  const auto kind = static_cast<step_kind>((fuzz::take_byte(text) - 'a') % kinds);
  const auto step = world.step(kind, fuzz::take_byte(text) - '0');
  auto end = fuzz::ended(fuzz::take_byte(text));
  end.facts = fuzz::take_until(text, "---\n");
  end.log_tail = repair_utf8(text);
  const run_facts earlier;
  const job_context context{world.plan, step, earlier};
  fuzz::look_at(read_outcome(context, end), context, end.facts);
  return 0;
}
