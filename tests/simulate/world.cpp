#include "tests/simulate/world.hpp"

#include "rules/plan.hpp"
#include "tests/simulate/process.hpp"
#include "tests/simulate/scenarios.hpp"

#include <algorithm>
#include <utility>

namespace baton::simulate {

namespace {

/// What was left running may still end by itself.
constexpr duration aftermath{60'000};
constexpr duration check_takes{30};
constexpr std::size_t rounds_max = 2'000'000;
constexpr const char* first_controller = "desk";

std::string unit_key(const step_script& by) {
  return by.run + ' ' + by.host + ':' + by.stack;
}

quality draw_quality(dice& by, const scenario& plot) {
  quality how;
  const auto kind = by.up_to(19);
  if (kind < 2)
    how.healthy_until = duration{0};
  else if (has_only_crashes(plot))
    return how; // what time alone decides would not be the same after a pause
  else if (kind < 4)
    how.healthy_from = duration{by.between(500, 15'000)};
  else if (kind == 4)
    how.healthy_until = duration{by.between(2'000, 60'000)};
  return how;
}

} // namespace

world::world(std::uint64_t from, scenario what) : seed{from}, plot{std::move(what)}, luck{from} {
  static const auto none = std::make_shared<const redactor>();
  no_secrets = none;
  populate();
  plan_misfortunes();
}

void world::populate() {
  auto by = luck.of("world");
  tests_fail = by.one_in(8);
  starts_first = by.one_in(2);
  for (const auto& host : plot.of.hosts) {
    auto& made = *(machines[host.reach.name] = std::make_unique<machine>(*this, host.reach.name));
    made.starts_stacks_on_boot = !by.one_in(4);
    made.reboots_when_rewound = by.one_in(2);
  }
  for (const auto& stage : plot.of.stages)
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks) {
        auto& one = at(host).stacks[stack.name];
        if (!by.one_in(7)) {
          one.files.releases["r0"] = {"good", std::string(40, '0')};
          one.files.current = one.files.last_good = one.files.running = "r0";
          one.files.head = std::string(40, '0');
          one.processes["r0"] = clock.now() - duration{3'600'000};
        }
        at(host).note_serving(stack.name, "");
        for (const auto& deploy : plot.deployments) {
          qualities[host + ':' + stack.name + ':' + deploy.ids.release] = draw_quality(by, plot);
        }
        if (by.one_in(40))
          qualities[host + ':' + stack.name + ":r0"].healthy_until = duration{0};
      }
  for (const auto& deploy : plot.deployments) {
    auto& one = controllers[deploy.controller];
    if (!one) {
      one = std::make_unique<controller>(*this, deploy.controller);
      machines[deploy.controller] = std::make_unique<machine>(*this, deploy.controller);
    }
    auto made = make_plan(plot.of, deploy.asked, deploy.ids, time_point{clock.now() + deploy.at},
                          "ann@" + deploy.controller);
    if (!made) {
      break_promise("there is no plan: " + made.error().what);
      continue;
    }
    clock.after(deploy.at, [to = one.get(), todo = std::make_shared<const plan>(std::move(*made))] {
      to->deploy(todo);
    });
  }
}

void world::plan_misfortunes() {
  for (std::size_t nth = 0; nth < plot.misfortunes.size(); ++nth) {
    const auto& one = plot.misfortunes[nth];
    if (one.at_step >= 0 || one.at_append >= 0)
      continue;
    clock.after(one.at, [this, one] {
      const auto names = plot.of.hosts;
      auto by = luck.of("whom/" + std::to_string(one.at.count()));
      befall(one, at(by.one_of(names).reach.name));
    });
  }
}

machine& world::at(const std::string& name) {
  return *machines.at(name);
}

machine& world::elsewhere(const machine& than) {
  auto by = luck.of("elsewhere/" + std::to_string(steps_));
  auto& one = at(by.one_of(plot.of.hosts).reach.name);
  return &one == &than ? at(plot.of.hosts.front().reach.name) : one;
}

void world::break_promise(const std::string& what) {
  tell("BROKEN", what);
  broken.push_back(what);
}

bool world::all_idle() const {
  return std::all_of(controllers.begin(), controllers.end(),
                     [](const auto& one) { return one.second->is_idle(); });
}

void world::run() {
  bool is_quiet = false;
  duration ends{0};
  const auto begins_last = std::max_element(plot.deployments.begin(), plot.deployments.end(),
                                            [](auto& a, auto& b) { return a.at < b.at; })
                               ->at
                           + clock.now();
  for (std::size_t round = 0; round < rounds_max; ++round) {
    for (bool did = true; did;) {
      did = clock.happen() > 0;
      for (auto& [name, one] : controllers)
        did = one->settle() || did;
    }
    const bool was_quiet = std::exchange(is_quiet, clock.now() >= begins_last && all_idle());
    if (is_quiet && !was_quiet)
      ends = clock.now() + aftermath;
    if (is_quiet && clock.now() >= ends)
      return;
    auto next = clock.next();
    for (auto& [name, one] : controllers)
      if (const auto due = one->next(); due && (!next || *due < *next))
        next = due;
    if (is_quiet && (!next || *next > ends))
      next = ends;
    if (!next)
      break;
    clock.move_to(*next);
    for (auto& [name, one] : controllers)
      one->move_to(clock.now());
  }
  break_promise("nothing moves on, or without an end");
}

void world::tell_record(const record& one) {
  std::string what{type_name(one.what)};
  if (const auto* step = std::get_if<event::step_ended>(&one.what))
    what += ' ' + step->phase + ' ' + std::string{to_string(step->kind)} + ' '
            + std::to_string(step->of) + ' ' + std::to_string(step->attempt)
            + (step->outcome.why ? ": " + describe_where(*step->outcome.why) : ": ok");
  else if (const auto* begun = std::get_if<event::step_started>(&one.what))
    what += ' ' + begun->phase + ' ' + std::string{to_string(begun->kind)} + ' ' + begun->target
            + ' ' + std::to_string(begun->of) + ' ' + std::to_string(begun->attempt);
  else if (const auto* phase = std::get_if<event::phase_started>(&one.what))
    what += ' ' + phase->phase;
  else if (const auto* done = std::get_if<event::phase_ended>(&one.what))
    what += ' ' + done->phase + ' ' + std::string{to_string(done->outcome)};
  else if (const auto* back = std::get_if<event::rollback_started>(&one.what))
    what += ' ' + back->phase + ' ' + std::string{to_string(back->over)};
  else if (const auto* retry = std::get_if<event::retry_scheduled>(&one.what))
    what += ' ' + retry->phase + ' ' + std::to_string(retry->attempt);
  tell("journal", what);
}

void world::note_look(const step_script& by) {
  looked[unit_key(by)] = clock.now();
  looks.push_back({clock.now(), by.run, by.phase, by.host + ':' + by.stack, by.attempt,
                   at(by.host).stacks[by.stack].serves(), is_healthy(by.host, by.stack)});
}

void world::note_saved(const step_script& by) {
  secrets_before.try_emplace(by.run + ' ' + by.host, at(by.host).secrets);
}

void world::note_touched(const step_script& by) {
  touched.try_emplace(unit_key(by),
                      touch{clock.now(), at(by.host).stacks[by.stack].files.rollback_target()});
}

void world::note_secrets(const std::string& host, const std::string& run) {
  secrets_changed.insert(run + ' ' + host);
  tell(host, "has the secrets of " + run);
}

void world::note_unfinished(const result& told_so) {
  if (told_so.exit_code != 75)
    break_promise("a run without a verdict ends with exit " + std::to_string(told_so.exit_code));
}

void world::note_ended(ended_run one) {
  ended.push_back(std::move(one));
}

bool world::has_begun(const std::string& run, const std::string& host, const char* kind) const {
  for (const auto& [name, one] : controllers)
    for (const auto& id : one->journal().begun)
      if (id.starts_with(run + '/') && id.ends_with(std::string{'/'} + kind)
          && id.find('/' + host + '/') != std::string::npos)
        return true;
  return false;
}

bool world::is_healthy(const std::string& host, const std::string& stack) const {
  const auto& running = machines.at(host)->stacks.at(stack).processes;
  return !running.empty() && std::all_of(running.begin(), running.end(), [&](const auto& one) {
    const auto known = qualities.find(host + ':' + stack + ':' + one.first);
    if (known == qualities.end())
      return true;
    const auto age = clock.now() - one.second;
    return age >= known->second.healthy_from && age < known->second.healthy_until;
  });
}

void world::ask_checks(const std::vector<check_question>& questions,
                       std::function<void(std::vector<check_answer>)> then) {
  clock.after(check_takes, [this, questions, then = std::move(then)] {
    std::vector<check_answer> all;
    for (const auto& one : questions) {
      // The address of a host is its name; a check without one speaks of its stage's first host.
      const auto* stage = find_stage(plot.of, one.stage);
      const auto& whom = machines.contains(one.address) ? one.address
                         : stage                        ? stage->hosts.front()
                                                        : plot.of.hosts.front().reach.name;
      auto& host = at(whom);
      bool ok = host.is_reachable();
      for (const auto& [stack, files] : host.stacks)
        ok = ok && is_healthy(whom, stack);
      all.push_back({one.stage, "http " + one.what.url, ok, ok ? "" : "no answer", true});
    }
    then(all);
  });
}

mishap world::begin_step(machine& on, const std::string& folder, const step_script& script,
                         bool is_look) {
  judge_beginning(on, folder, script, is_look);
  const auto nth = steps_++;
  auto bad = mishap::none;
  for (std::size_t which = 0; which < plot.misfortunes.size(); ++which) {
    const auto& one = plot.misfortunes[which];
    if (one.at_step != nth || !spent_.insert(which).second)
      continue;
    if (one.what == mischief::step) {
      bad = one.bad;
      if (is_look)
        on.note_trouble();
      tell(on.name(), script.id + " " + std::string{to_string(bad)});
    } else if (one.elsewhere || !plot.of.hosts.empty()) {
      const bool is_host = find_host(plot.of, on.name()) != nullptr;
      befall(one, one.elsewhere || !is_host ? elsewhere(on) : on);
    }
  }
  return bad;
}

void world::befall(const misfortune& what, machine& here) {
  auto& desk = *controllers.at(first_controller);
  switch (what.what) {
  case mischief::drop:
    here.cut_connections(true, duration{0});
    break;
  case mischief::silence:
    here.cut_connections(false, duration{0});
    break;
  case mischief::unreachable:
    here.cut_connections(what.lasts.count() % 2 == 0, what.lasts);
    break;
  case mischief::stall:
    here.stall(what.lasts);
    break;
  case mischief::reboot:
    here.reboot(std::min(what.lasts, duration{120'000}));
    break;
  case mischief::full_disk:
    here.fill_disk(what.lasts);
    break;
  case mischief::cancel:
    desk.cancel(what.by);
    break;
  case mischief::crash:
    desk.crash(what.until_resumed);
    break;
  case mischief::power_loss:
    desk.crash(what.until_resumed);
    at(first_controller).reboot(std::max(what.until_resumed - duration{500}, duration{1}));
    break;
  default:
    break;
  }
}

std::optional<duration> world::dies_at_append(const std::string& name, bool before, int append) {
  if (name != first_controller)
    return std::nullopt;
  for (std::size_t which = 0; which < plot.misfortunes.size(); ++which) {
    const auto& one = plot.misfortunes[which];
    if (one.at_append != append || spent_.contains(which))
      continue;
    if (one.what == mischief::journal_full && !before) {
      spent_.insert(which);
      tell(name, "its journal cannot be written from now on");
      controllers.at(name)->journal().full_until = clock.now() + one.lasts;
    } else if (one.what == (before ? mischief::crash_before : mischief::crash_after)) {
      spent_.insert(which);
      return one.until_resumed;
    }
  }
  return std::nullopt;
}

} // namespace baton::simulate
