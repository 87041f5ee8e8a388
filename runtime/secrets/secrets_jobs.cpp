#include "runtime/secrets/secrets_jobs.hpp"

#include "embedded/scripts.hpp"
#include "embedded/secrets.hpp"
#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/release/facts.hpp"
#include "runtime/release/names.hpp"
#include "runtime/release/script.hpp"
#include "runtime/secrets/env_file.hpp"
#include "runtime/secrets/places.hpp"
#include "runtime/secrets/secret_contents.hpp"
#include "runtime/secrets/secret_file.hpp"
#include "runtime/secrets/secret_version.hpp"
#include "runtime/shell_quote.hpp"
#include "runtime/step_end.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>

namespace baton {

namespace {

using release::script;

const std::string& host_of(const job_context& context) {
  return context.plan.units.at(context.step.of).host;
}

const secrets_policy& policy_of(const job_context& context) {
  return context.plan.fleet.secrets;
}

/// `NAME_1`, `NAME_2` … and their number as `NAME_count`.
void set_all(script& to, const std::string& name, const std::vector<std::string>& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    to.set(name + "_" + std::to_string(i + 1), values[i]);
  to.set(name + "_count", std::to_string(values.size()));
}

job_file file(std::string name, std::string content) {
  return {std::move(name), std::make_shared<const std::string>(std::move(content))};
}

/// Facts of the built-in sync: what it has written, as mark_of says it.
const std::string mark_prefix = "mark.";

std::string spaced(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words)
    (line += line.empty() ? "" : " ") += word;
  return line;
}

/// What a step on another host has left of a place: a digest, or empty.
std::string digest_from(const job_context& context, const std::string& host,
                        const std::string& key) {
  for (const auto& [of, facts] : context.facts)
    if (of.first == step_kind::sync_secrets && context.plan.units.at(of.second).host == host)
      return release::get(facts, key);
  return {};
}

step_outcome without(step_outcome outcome, std::string_view prefix) {
  std::erase_if(outcome.facts, [&](const auto& fact) { return fact.first.starts_with(prefix); });
  return outcome;
}

/// What comes from the controller: kept by this process, or got anew.
class contents_of {
public:
  explicit contents_of(const job_context& context) : context_{context} {
    if (!context.secrets)
      own_ = std::make_unique<secret_contents>(
          context.plan.fleet,
          secret_contents::settings{context.plan.hosts, context.plan.request.environment,
                                    std::make_shared<known_secrets>(context.plan.fleet),
                                    std::make_shared<printed_secrets>()});
  }
  expected<std::vector<place_content>> with_all() {
    return all().with_all(host_of(context_), context_.step.attempt);
  }
  expected<std::vector<place_content>> alone() {
    return all().alone(host_of(context_), context_.step.attempt);
  }

private:
  secret_contents& all() { return own_ ? *own_ : *context_.secrets; }

  const job_context& context_;
  std::unique_ptr<secret_contents> own_;
};

std::string names_in(std::string_view content) {
  std::string names;
  for (const auto& name : env_names(content))
    names += name + '\n';
  return names;
}

/// What tells whether a file is as it should be, in the way of its place.
std::string mark_of(const std::string& key, const place_content& one) {
  return one.place->compare == compare_mode::bytes ? keyed_digest(key, *one.text)
                                                   : keyed_digest(key, names_in(*one.text));
}

/// The built-in driver's script and files for one host.
expected<job> builtin_sync(const job_context& context) {
  contents_of contents{context};
  const auto all = contents.with_all();
  if (!all)
    return tl::unexpected{all.error()};
  const auto key = digest_key_of_run(context.plan.run);
  const auto version = version_of(*all);
  if (!key || !version)
    return tl::unexpected{key ? version.error() : key.error()};
  job made;
  script text;
  text.part(embedded::lib_sh).part(embedded::secrets_lib_sh).set("B_VERSION", *version);
  set_all(text, "B_TO", targets_of(places_on(policy_of(context), host_of(context))));
  std::vector<std::string> marks;
  for (const auto& one : *all) {
    if (!one.open_file.empty())
      text.set("B_OPEN", one.open_file)
          .part("note \"$B_OPEN can be read by others: chmod 600 $B_OPEN\"");
    marks.push_back(mark_of(*key, one));
    made.files.push_back({"place." + std::to_string(marks.size()), one.text});
  }
  set_all(text, "B_MARK", marks);
  made.script = text.part(embedded::secrets_sync_builtin_sh).text();
  return made;
}

/// What the built-in sync has written of the host's nth place; empty where no such step is known.
std::string mark_of_sync(const job_context& context, std::size_t nth) {
  const auto found = context.facts.find({step_kind::sync_secrets, context.step.of});
  return found == context.facts.end()
             ? std::string{}
             : release::get(found->second, mark_prefix + std::to_string(nth));
}

/// What the places are compared with, when their source is here on the controller: by names that
/// are told where they differ, or by a digest.
expected<void> add_wanted(const job_context& context, job& made, const std::string& key,
                          std::vector<std::string>& wanted, std::string& version) {
  contents_of contents{context};
  const auto all = contents.alone();
  if (!all)
    return fault(ec::secrets_failed, "nothing to compare with", all.error());
  bool is_whole = true; // names alone say nothing of the values
  for (const auto& one : *all) {
    if (one.place->compare == compare_mode::bytes) {
      wanted.push_back(keyed_digest(key, *one.text));
      continue;
    }
    is_whole = false;
    wanted.emplace_back("names");
    made.files.push_back(file("keys." + std::to_string(wanted.size()), names_in(*one.text)));
  }
  if (!is_whole)
    return {};
  auto known = version_of(*all);
  if (!known)
    return tl::unexpected{known.error()};
  version = std::move(*known);
  return {};
}

} // namespace

std::string_view secrets_lib() {
  return embedded::secrets_lib_sh;
}

expected<job> save_secrets_job(const job_context& context) {
  script text;
  text.part(embedded::lib_sh).part(embedded::secrets_lib_sh).set("B_RUN", context.plan.run);
  set_all(text, "B_TO", targets_of(places_on(policy_of(context), host_of(context))));
  job made;
  made.script = text.part(embedded::secrets_save_sh).text();
  return made;
}

step_outcome save_secrets_outcome(const job_context& context, const job_end& end) {
  auto outcome = read_end(context, end, ec::secrets_failed, "saving the secret files");
  // Copies beside them change no file of the user.
  outcome.changed_nothing = outcome.why && end.exit.has_value();
  return outcome;
}

job secrets_script_job(const fleet& of, std::string_view target,
                       const std::vector<std::string>& hosts, const std::vector<std::string>& verbs,
                       const std::vector<std::string>& compared) {
  const bool here = target == controller_name;
  script text;
  text.part(embedded::lib_sh).part(embedded::secrets_digest_sh);
  text.set("B_SCRIPT", of.secrets.script);
  text.set("B_FOLDER", here ? std::filesystem::path{of.file}.parent_path().string() : "~");
  text.set("B_VERBS", spaced(verbs));
  std::vector<std::string> vars{release::words("export", {"BATON_HOSTS=" + spaced(hosts)})};
  if (const auto* host = here ? nullptr : find_host(of, target))
    for (const auto& [name, value] : host->vars)
      if (release::is_variable_name(name))
        vars.push_back("export " + name + "=" + shell_quote(value));
  set_all(text, "B_DIGEST", compared);
  job made;
  made.script = text.function("user_vars", vars).part(embedded::secrets_sync_script_sh).text();
  return made;
}

expected<job> sync_secrets_job(const job_context& context) {
  const auto& policy = policy_of(context);
  if (policy.driver != secrets_driver::script)
    return builtin_sync(context);
  const auto& target = context.step.target;
  const bool each = policy.on == "each_host";
  // A script on one host writes to others: what its sources are must be known there, by digest.
  const bool to_others = target != controller_name && !each;
  std::vector<std::string> sources;
  if (to_others)
    for (const auto& place : policy.places)
      sources.push_back(place.from);
  auto made = secrets_script_job(context.plan.fleet, target,
                                 each ? std::vector{host_of(context)} : context.plan.hosts,
                                 {"test", "status", "sync"}, sources);
  if (to_others) {
    auto key = digest_key_of_run(context.plan.run);
    if (!key)
      return tl::unexpected{key.error()};
    made.files.push_back(file("key", std::move(*key)));
  }
  return made;
}

step_outcome sync_secrets_outcome(const job_context& context, const job_end& end) {
  auto outcome = read_end(context, end, ec::secrets_failed, "the sync of secrets");
  const auto verb = release::get(outcome.facts, "script_verb");
  if (outcome.why && !verb.empty() && end.exit) {
    const auto status = release::get(outcome.facts, "script_status");
    auto what = policy_of(context).script + " " + verb + " "
                + how_it_ended(std::atoi(status.c_str())); // 0 for what is no number
    if (const auto said = last_lines(end.log_tail); !said.empty())
      what += ": " + said;
    outcome.why = step_error(context, ec::secrets_failed, std::move(what));
    // `test` and `status` only ask.
    outcome.changed_nothing = verb != "sync";
  }
  return outcome;
}

expected<job> compare_secrets_job(const job_context& context) {
  const auto& policy = policy_of(context);
  const auto& host = host_of(context);
  const auto places = places_on(policy, host);
  const auto source = source_of(policy, host);
  // What was written is compared with what that step says of it: a command may print something else
  // by now.
  const bool is_marked = policy.driver == secrets_driver::builtin && !places.empty()
                         && !mark_of_sync(context, places.size()).empty();
  auto key = is_marked || source == secret_source::other_host ? digest_key_of_run(context.plan.run)
                                                              : fresh_digest_key();
  if (!key)
    return tl::unexpected{key.error()};
  job made;
  made.is_look = true;
  std::vector<std::string> modes;
  std::vector<std::string> from;
  std::vector<std::string> wanted;
  std::string version;
  if (source == secret_source::controller && !is_marked)
    if (auto added = add_wanted(context, made, *key, wanted, version); !added)
      return tl::unexpected{added.error()};
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& place = *places[i].place;
    const bool bytes = place.compare == compare_mode::bytes;
    modes.emplace_back(bytes ? "bytes" : "keys");
    from.push_back(source == secret_source::same_host ? place.from : "");
    if (is_marked)
      wanted.push_back(mark_of_sync(context, i + 1));
    else if (source == secret_source::other_host)
      wanted.push_back(digest_from(
          context, policy.on, (bytes ? "bytes." : "keys.") + std::to_string(places[i].number)));
    else if (source == secret_source::same_host)
      wanted.emplace_back();
  }
  made.files.push_back(file("key", std::move(*key)));
  script text;
  text.part(embedded::lib_sh).part(embedded::secrets_digest_sh).set("B_VERSION", version);
  set_all(text, "B_TO", targets_of(places));
  set_all(text, "B_MODE", modes);
  set_all(text, "B_FROM", from);
  set_all(text, "B_WANTED", wanted);
  made.script = text.part(embedded::secrets_compare_sh).text();
  return made;
}

step_outcome compare_secrets_outcome(const job_context& context, const job_end& end) {
  return without(read_end(context, end, ec::secrets_failed, "comparing the secret files"), "key");
}

expected<job> put_back_secrets_job(const job_context& context) {
  const auto saved = context.facts.find({step_kind::save_secrets, context.step.of});
  script text;
  text.part(embedded::lib_sh).part(embedded::secrets_lib_sh).set("B_RUN", context.plan.run);
  text.set("B_SAVED",
           saved != context.facts.end() && saved->second.contains("saved") ? "yes" : "no");
  job made;
  made.script = text.part(embedded::secrets_put_back_sh).text();
  return made;
}

step_outcome put_back_secrets_outcome(const job_context& context, const job_end& end) {
  return read_end(context, end, ec::secrets_failed, "putting back the secret files");
}

} // namespace baton
