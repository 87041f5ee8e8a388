#include "runtime/notify/senders.hpp"

#include "runtime/process.hpp"

namespace baton {

send_outcome send_command(const sending& one) {
  process_request request;
  request.argv = one.to.run.argv.empty()
                     ? std::vector<std::string>{"/bin/sh", "-c", one.to.run.shell}
                     : one.to.run.argv;
  request.input = one.what.event_json + "\n";
  request.folder = one.folder;
  request.deadline = one.deadline;
  request.output_max = 16u << 10;
  request.cancel = one.stop;
  auto end = run_process(request);
  if (!end)
    return stop_channel(send_fault::misconfigured, end.error().what);
  // What it printed may be a secret, or a part of one: how it ended is told, and no more.
  end->out.clear();
  end->err.clear();
  const auto why = failure_of(*end, ec::step_failed, "the command");
  if (!why)
    return sent_well();
  if (end->deadline_hit)
    return try_again(send_fault::timed_out, why->what);
  // What sendmail and its like say for: not now. A signal is of this machine: out of memory, a
  // reboot.
  constexpr int temporary = 75;
  if (end->cancelled || end->exit == temporary || !end->signal.empty())
    return try_again(send_fault::failed, why->what);
  // What a shell says for a program that it cannot run, or does not find.
  constexpr int not_runnable = 126;
  constexpr int not_found = 127;
  if (end->exit >= not_runnable && end->exit <= not_found)
    return stop_channel(send_fault::misconfigured,
                        why->what + ": a program is not there, or cannot be run");
  auto made = refuse(describe(*why));
  made.fault = send_fault::failed;
  return made;
}

} // namespace baton
