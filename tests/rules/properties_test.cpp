#include "messages/json.hpp"
#include "rules/policies.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/oracle.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/random_fleet.hpp"
#include "tests/rules/support/recount.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <ctime>
#include <ostream>
#include <utility>

/// Random fleets, policies and misfortunes. What is drawn is a seed and how much goes wrong, so a
/// failure shrinks to the fewest misfortunes.

namespace baton::test {

namespace {

bool needs_the_lease(step_kind kind) {
  return kind == step_kind::prepare || kind == step_kind::activate || kind == step_kind::restore
         || kind == step_kind::save_secrets;
}

struct misfortune {
  unsigned at = 0;   ///< the step, counted from the first
  unsigned what = 0; ///< what befalls it
};

void showValue(const misfortune& one, std::ostream& to) {
  to << one.what << " at step " << one.at;
}

/// Lets things go wrong at the drawn steps.
class fate {
public:
  fate(const plan& of, std::vector<misfortune> all) : of_(of), all_(std::move(all)) {}

  staging stage() {
    staging with;
    with.decide = [this](const event::step_started& step) { return decide(step); };
    with.cancels = [this](const std::string& phase) { return cancels(phase); };
    // Whoever vanishes does so right before the step that notices it.
    trouble vanish;
    vanish.meanwhile = [this](host_model& hosts) {
      if (!vanishing_.empty())
        hosts.at(vanishing_).reachable = false;
      if (!robbed_.empty())
        hosts.at(robbed_).lease_stolen = true;
      vanishing_.clear();
      robbed_.clear();
    };
    with.troubles.push_back(vanish);
    return with;
  }

private:
  std::optional<mishap> decide(const event::step_started& step) {
    const auto now = count_++;
    for (const auto& one : all_)
      if (one.at == now)
        return befall(step, one.what);
    return std::nullopt;
  }

  std::optional<mishap> befall(const event::step_started& step, unsigned what) {
    const bool in_ending = step.phase == "ending";
    // The last look is the truth here; what befalls it is in the tests that name it.
    if (in_ending && step.kind == step_kind::look)
      return std::nullopt;
    const auto& host = of_.units[step.of].host;
    switch (what % 8) {
    case 0:
      return fails();
    case 1:
      return fails_half_way();
    case 2:
      return fails_retryably(ec::timed_out);
    case 3: {
      auto made = fails_half_way(ec::connection_lost);
      made.why.retryable = true;
      return made;
    }
    case 4:
      if (host != controller_name && !in_ending)
        vanishing_ = host;
      return std::nullopt;
    case 5:
      if (host != controller_name && needs_the_lease(step.kind))
        robbed_ = host;
      return std::nullopt;
    case 6:
      cancel_ = true;
      return std::nullopt;
    default:
      return fails_retryably(ec::not_steady);
    }
  }

  std::string cancels(const std::string&) { return std::exchange(cancel_, false) ? "SIGTERM" : ""; }

  const plan& of_;
  std::vector<misfortune> all_;
  unsigned count_ = 0;
  std::string vanishing_, robbed_;
  bool cancel_ = false;
};

rc::Gen<std::vector<misfortune>> misfortunes() {
  // Few of them: a run that meets many ends early.
  return rc::gen::resize(
      4, rc::gen::container<std::vector<misfortune>>(rc::gen::build<misfortune>(
             rc::gen::set(&misfortune::at, rc::gen::resize(100, rc::gen::inRange(0U, 110U))),
             rc::gen::set(&misfortune::what, rc::gen::resize(100, rc::gen::inRange(0U, 8U))))));
}

/// By the announced scope, over the order of the stages: who had to be taken back.
std::string wrongly_taken_back(const played& show) {
  std::set<std::string> effect, before;
  std::string said;
  for (const auto& one : show.journal) {
    if (const auto* step = std::get_if<event::step_started>(&one.what))
      if (step->kind == step_kind::activate)
        effect.insert(show.of.units[step->of].host);
    if (const auto* end = std::get_if<event::step_ended>(&one.what))
      if (end->kind == step_kind::activate && end->outcome.changed_nothing && end->attempt == 1
          && show.hosts.serves_what_it_did(show.of.units[end->of].host)
          && show.of.stages.front().stacks.size() == 1)
        effect.erase(show.of.units[end->of].host);
    const auto* back = std::get_if<event::rollback_started>(&one.what);
    if (back == nullptr)
      continue;
    for (auto unit : back->units)
      before.insert(show.of.units[unit].host);
    if (back->phase == "verification" || back->over != scope::all)
      continue;
    for (const auto& host : effect)
      if (!before.contains(host) && !show.hosts.at(host).lease_stolen
          && !show.hosts.serves_what_it_did(host))
        said += host + " was left out of a full rollback\n";
  }
  return said;
}

RC_GTEST_PROP(properties, random_fleets_keep_the_promises, (std::uint32_t seed)) {
  std::mt19937 by{seed};
  const auto fleet = random_fleet(by);
  RC_ASSERT(check_policies(fleet).empty());
  const auto of = std::make_shared<const plan>(plan_for(fleet, random_request(by)));
  fate luck{*of, *misfortunes()};
  auto with = luck.stage();
  std::string counted;
  with.watch = [&](const played& show, const std::vector<record>& batch) {
    counted += recount(show.of, show.now);
    if (!next(show.of, show.now, batch.back().at, 0.5).empty())
      counted += "next is not done\n";
  };
  const auto show = play(of, with);
  const auto wrong = broken_promises(show) + wrongly_taken_back(show) + counted;
  if (!wrong.empty())
    RC_FAIL(wrong + show.row() + "\n" + show.story());
}

RC_GTEST_PROP(properties, a_run_folded_from_scratch_is_the_same_run, (std::uint32_t seed)) {
  std::mt19937 by{seed};
  const auto of = std::make_shared<const plan>(plan_for(random_fleet(by), random_request(by)));
  fate luck{*of, *misfortunes()};
  auto with = luck.stage();
  with.watch = [&](const played& show, const std::vector<record>& batch) {
    if (show.journal.size() % 7 != 0 && !show.now.finished)
      return;
    const auto again = from_scratch(show.of, show.journal);
    const auto at = batch.back().at;
    RC_ASSERT(next(show.of, again, at, 0.5).empty());
    RC_ASSERT(dump(to_json(verdict(show.of, again, at)))
              == dump(to_json(verdict(show.of, show.now, at))));
  };
  play(of, with);
}

RC_GTEST_PROP(properties, what_is_due_does_not_depend_on_how_far_a_batch_was_read,
              (std::uint32_t seed)) {
  std::mt19937 by{seed};
  const auto of = std::make_shared<const plan>(plan_for(random_fleet(by), random_request(by)));
  fate luck{*of, *misfortunes()};
  const auto show = play(of, luck.stage());
  // A journal that ends in the middle of a batch: whoever goes on asks for the rest of it.
  const auto cut = static_cast<std::size_t>(up_to(by, static_cast<int>(show.journal.size()) - 1));
  std::vector<record> kept(show.journal.begin(), show.journal.begin() + static_cast<long>(cut) + 1);
  auto now = from_scratch(*of, kept);
  std::vector<std::string> rest, again;
  const auto at = kept.back().at;
  for (auto nth = cut + 1; nth < show.journal.size() && show.journal[nth].at == at; ++nth)
    rest.push_back(dump(to_json(show.journal[nth])));
  for (auto due = next(*of, now, at, 0.5); !due.empty(); due = next(*of, now, at, 0.5))
    for (auto& one : due) {
      record what{0, of->run, at, 0.5, one};
      again.push_back(dump(to_json(what)));
      now = fold(*of, std::move(now), what);
    }
  // Alerts come first in each round, so only their place may differ.
  std::sort(rest.begin(), rest.end());
  std::sort(again.begin(), again.end());
  RC_ASSERT(rest == again);
}

double seconds_of(std::size_t hosts) {
  std::vector<std::string> names;
  for (std::size_t nth = 0; nth < hosts; ++nth)
    names.push_back("h" + std::to_string(100'000 + nth));
  auto one = make_stage("all", role::production, names);
  const auto of = std::make_shared<const plan>(plan_for(bare_fleet({one})));
  const auto before = std::clock();
  const auto show = play(of);
  const auto took = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  EXPECT_EQ(show.ends.status, status::success);
  EXPECT_EQ(show.ends.systems_deployed.size(), hosts);
  return took;
}

TEST(ten_thousand_hosts, cost_about_four_times_as_much_as_a_quarter_of_them) {
  const auto quarter = seconds_of(2'500);
  const auto all = seconds_of(10'000);
  // What is quadratic anywhere would cost 16 times as much.
  EXPECT_LT(all, 10 * quarter + 0.1) << quarter << " s, " << all << " s";
}

} // namespace

} // namespace baton::test
