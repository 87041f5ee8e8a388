#include "runtime/release/release.hpp"

#include "embedded/scripts.hpp"
#include "runtime/fault.hpp"
#include "runtime/http/url.hpp"
#include "runtime/release/bundle.hpp"
#include "runtime/release/facts.hpp"
#include "runtime/release/names.hpp"
#include "runtime/release/stack_script.hpp"
#include "runtime/release/tools_text.hpp"
#include "runtime/snapshots/snapshot_jobs.hpp"
#include "runtime/step_end.hpp"

#include <algorithm>
#include <utility>

namespace baton::release {

namespace {

std::string_view body_of(step_kind kind, bool is_recalled) {
  switch (kind) {
  case step_kind::inspect:
    return embedded::inspect_sh;
  case step_kind::baseline:
    return embedded::baseline_sh;
  case step_kind::prepare:
    return is_recalled ? embedded::recall_sh : embedded::prepare_sh;
  case step_kind::activate:
    return embedded::activate_sh;
  case step_kind::restore:
    return embedded::restore_sh;
  case step_kind::settle:
    return embedded::settle_sh;
  case step_kind::foresee:
    return embedded::foresee_sh;
  default:
    return embedded::look_sh;
  }
}

/// Of a commit that is sent along for a look only.
constexpr std::size_t look_bytes_max = std::size_t{64} << 20U;

bool is_look(step_kind kind) {
  switch (kind) {
  case step_kind::inspect:
  case step_kind::gate:
  case step_kind::guard:
  case step_kind::verify:
  case step_kind::look:
  case step_kind::foresee:
    return true;
  default:
    return false;
  }
}

/// A host that no stack is on: only what other phases need there.
job host_job(const job_context& context, const stack_of& of) {
  script text;
  text.part(embedded::lib_sh)
      .set("B_PATH", "")
      .set("B_HOST", of.of->host)
      .set("B_RUN", context.plan.run)
      .part(tools_text(context.plan, of.of->host))
      .part(embedded::tools_sh)
      .part(snapshots_check_text(context.plan, of.of->host))
      .part(embedded::inspect_sh);
  job made;
  made.script = text.text();
  made.is_look = true;
  return made;
}

expected<job> resolve_job(const job_context& context) {
  const auto& plan = context.plan;
  const auto& ref = plan.request.commit_hash;
  if (const auto why = bad_ref(ref))
    return fault(ec::bad_commit,
                 "`" + ref.substr(0, 100) + "` cannot be a branch, tag or commit: " + *why);
  std::vector<std::pair<std::string, std::string>> repositories; // URL, keys
  std::vector<std::string> wanted; // of each, where the commit is known already
  for (const auto& stage : plan.stages)
    for (const auto& stack : stage.stacks) {
      auto found = std::find_if(repositories.begin(), repositories.end(),
                                [&](const auto& one) { return one.first == stack.repository; });
      if (found == repositories.end()) {
        found = repositories.insert(
            found,
            {stack.repository, repositories.empty() ? std::string{"commit"} : std::string{}});
        const auto known = plan.commits.find(stack.name);
        wanted.push_back(known == plan.commits.end() ? std::string{} : known->second);
      }
      const auto key = "commit:" + stack.name;
      if ((' ' + found->second + ' ').find(' ' + key + ' ') == std::string::npos)
        found->second += (found->second.empty() ? "" : " ") + key;
    }
  const auto cache = cache_folder();
  if (!cache)
    return tl::unexpected<error>{cache.error()};
  std::vector<std::string> lines;
  for (std::size_t n = 0; n < repositories.size(); ++n) {
    const auto& [url, keys] = repositories[n];
    const auto login = split_login(url);
    lines.push_back(words("\"$@\"", {std::to_string(n), keys, login.bare, login.site, login.user,
                                     login.password, *cache + "/" + cache_name(url), wanted[n]}));
  }
  script text;
  text.part(embedded::lib_sh)
      .set("B_REF_WANTED", ref)
      .set("B_REF_HEX", looks_like_commit(ref) ? "yes" : "no")
      .function("each_repository", lines)
      .part(tools_text(plan, controller_name))
      .part(programs_text(plan))
      .part(embedded::git_sh)
      .part(embedded::tools_sh)
      .part(snapshots_check_text(plan, controller_name))
      .part(embedded::resolve_sh);
  job made;
  made.script = text.text();
  return made;
}

/// Two stacks in one folder would take each other's releases for their own, whatever their hosts
/// are called: the first time that all have been looked at and nothing was touched.
std::optional<error> shared_folder(const job_context& context, const stack_of& of) {
  const auto place = earlier_fact(context, step_kind::inspect, "place");
  for (const auto& [key, told] : context.facts)
    if (!place.empty() && key.first == step_kind::inspect && key.second != context.step.of
        && get(told, "place") == place)
      return step_error(context, ec::config_invalid,
                        unit_name(context.plan, context.step.of) + " and "
                            + unit_name(context.plan, key.second) + " share the folder "
                            + of.stack->path
                            + " on one machine; give each stack its own path, and each machine one "
                              "name");
  return std::nullopt;
}

} // namespace

expected<job> make_job(const job_context& context) {
  if (context.step.kind == step_kind::resolve)
    return resolve_job(context);
  const auto of = find_stack_of(context);
  if (!of)
    return tl::unexpected<error>{of.error()};
  if (!of->stack) {
    if (context.step.kind == step_kind::inspect)
      return host_job(context, *of);
    return fault(ec::internal,
                 "a step `" + std::string{to_string(context.step.kind)} + "` needs a stack",
                 of->of->host);
  }
  if (context.step.kind == step_kind::baseline)
    if (auto why = shared_folder(context, *of))
      return tl::unexpected<error>{*std::move(why)};
  const auto commit = resolved_commit(context, of->stack->name);
  const auto kind = context.step.kind;
  if ((kind == step_kind::prepare || kind == step_kind::activate || kind == step_kind::foresee)
      && !is_commit(commit))
    return fault(ec::internal, "no commit was resolved for " + of->stack->name, of->of->host);

  job made;
  made.is_look = is_look(kind);
  const auto had = earlier_fact(context, step_kind::inspect, "have_commit");
  const bool is_recalled = !recalled_release(context).empty();
  const bool sent = kind == step_kind::prepare
                        ? of->stack->source == source_kind::push && !is_recalled
                        // A look lets nobody fetch: what is not here yet comes along.
                        : kind == step_kind::foresee && !had.empty()
                              && earlier_fact(context, step_kind::inspect, "have_wanted").empty();
  if (sent) {
    auto bundle = make_bundle(of->stack->repository, commit, had,
                              made.is_look ? look_bytes_max : bundle_bytes_max);
    if (!bundle)
      return tl::unexpected<error>{bundle.error()};
    made.files.push_back({"commit.bundle", *std::move(bundle)});
  }
  auto script = stack_script(context, *of);
  if (kind == step_kind::inspect)
    script.part(snapshots_check_text(context.plan, of->of->host));
  made.script = script.part(body_of(kind, is_recalled)).text();
  return made;
}

} // namespace baton::release
