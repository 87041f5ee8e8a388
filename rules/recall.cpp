#include "rules/recall.hpp"

#include <algorithm>
#include <set>

namespace baton {

namespace {

std::string short_commit(const std::string& commit) {
  return commit.substr(0, 12);
}

/// What one run has made of each stack, as far as it is kept, with what others made of the same
/// commits.
const kept_release* find_kept(const kept_stack& in, const recall_choice& of,
                              const std::set<std::string>& commits) {
  for (const auto& one : in.good)
    if (one.run == of.run)
      return &one;
  for (const auto& one : in.good)
    if (commits.contains(one.commit))
      return &one;
  return nullptr;
}

/// The commits that a run has brought: one for each repository.
std::set<std::string> commits_of_run(const std::vector<kept_stack>& all, const std::string& run) {
  std::set<std::string> found;
  for (const auto& stack : all)
    for (const auto& one : stack.good)
      if (one.run == run)
        found.insert(one.commit);
  return found;
}

std::string kept_text(const kept_stack& in) {
  if (!in.unseen.empty())
    return in.unit + " cannot be asked: " + in.unseen;
  std::string text;
  for (const auto& one : in.good)
    text += (text.empty() ? "" : ", ") + short_commit(one.commit) + " (run " + one.run + ")";
  return in.unit + " keeps " + (text.empty() ? "no good release" : text);
}

bool fits(const kept_release& one, const std::string& to) {
  constexpr std::size_t commit_digits_min = 4;
  return one.run.starts_with(to) || (to.size() >= commit_digits_min && one.commit.starts_with(to));
}

/// The choice that is meant.
expected<recall_choice> choice_for(const std::vector<kept_stack>& all, const std::string& to) {
  std::vector<recall_choice> fitting;
  for (const auto& one : recall_choices(all)) {
    const bool is_meant = std::any_of(all.begin(), all.end(), [&](const kept_stack& stack) {
      return std::any_of(stack.good.begin(), stack.good.end(), [&](const kept_release& kept) {
        return fits(kept, to) && (kept.run == one.run || kept.commit == one.commit);
      });
    });
    if (is_meant)
      fitting.push_back(one);
  }
  if (fitting.size() > 1)
    return unexpected(ec::usage, "`" + to + "` may be run " + fitting[0].run + " or "
                                     + fitting[1].run + ": write more of it");
  if (!fitting.empty())
    return fitting.front();
  std::string text = "no good release of `" + to + "` is kept";
  for (const auto& stack : all)
    text += "; " + kept_text(stack);
  return unexpected(ec::bad_commit, text);
}

} // namespace

std::vector<recall_choice> recall_choices(const std::vector<kept_stack>& all) {
  std::vector<recall_choice> made;
  for (const auto& stack : all)
    for (const auto& one : stack.good) {
      const auto same = [&](const recall_choice& known) {
        return known.run == one.run || known.commit == one.commit;
      };
      const auto known = std::find_if(made.begin(), made.end(), same);
      if (known == made.end())
        made.push_back({one.run, one.commit, one.at, false, {}});
      else if (known->at < one.at) {
        known->run = one.run;
        known->at = one.at;
      }
    }
  std::stable_sort(made.begin(), made.end(),
                   [](const recall_choice& a, const recall_choice& b) { return a.at > b.at; });
  for (auto& choice : made) {
    const auto commits = commits_of_run(all, choice.run);
    choice.serves = true;
    for (const auto& stack : all) {
      const auto* kept = find_kept(stack, choice, commits);
      if (kept == nullptr)
        choice.lacking.push_back(stack.unit);
      choice.serves = choice.serves && kept != nullptr && kept->release == stack.serves;
    }
  }
  return made;
}

expected<plan_origin> recall_to(const std::vector<kept_stack>& all, const std::string& to) {
  const auto choice = choice_for(all, to);
  if (!choice)
    return tl::unexpected<error>{choice.error()};
  const auto commits = commits_of_run(all, choice->run);
  plan_origin made;
  made.returns_to = choice->run;
  std::string lacking;
  for (const auto& stack : all) {
    const auto* kept = find_kept(stack, *choice, commits);
    if (kept == nullptr) {
      lacking += "; " + kept_text(stack);
      continue;
    }
    made.recalls[stack.unit] = kept->release;
    made.commits[stack.stack] = kept->commit;
  }
  if (!lacking.empty())
    return unexpected(ec::bad_commit, "not everything can go back to "
                                          + short_commit(choice->commit) + " (run " + choice->run
                                          + ")" + lacking + "; name the stages that can: --stage");
  return made;
}

} // namespace baton
