#include "tests/simulate/promises.hpp"

#include "tests/simulate/evidence.hpp"

namespace baton::simulate {

void judge_promises(world& of) {
  for (const auto& one : of.ended) {
    if (!one.told->status || one.told->state != run_state::finished) {
      of.break_promise(one.plan->run + ": every run ends with a status");
      continue;
    }
    evidence by{of, one};
    judge_verdict(of, by);
    judge_rollback(of, by);
    judge_course(of, by);
    judge_looks(of, by);
    judge_pauses(by);
    judge_remains(of, by);
    judge_replay(of, by);
  }
}

} // namespace baton::simulate
