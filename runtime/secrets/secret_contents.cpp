#include "runtime/secrets/secret_contents.hpp"

#include "runtime/fault.hpp"
#include "runtime/secrets/place_template.hpp"
#include "runtime/secrets/places.hpp"
#include "runtime/secrets/secret_command.hpp"
#include "runtime/secrets/secret_file.hpp"

#include <filesystem>
#include <utility>

namespace baton {

namespace {

tl::unexpected<error> cannot_fill(const std::string& what, const std::string& why) {
  auto made = make_error(ec::secrets_failed, "cannot fill in " + what + ": " + why);
  made.retryable = false;
  return tl::unexpected{std::move(made)};
}

/// Says of which place on which host.
error at_place(const std::string& host, const secret_place& place, const error& why) {
  auto made = make_error(why.code, place.to + " of " + host + ": " + why.what, host);
  made.retryable = why.retryable;
  made.cause = why.cause;
  return made;
}

expected<std::vector<std::string>> words_of(const secret_place& place, const place_names& names) {
  std::vector<std::string> words;
  for (const auto& word : place.command) {
    auto filled = fill_in(word, names);
    if (!filled)
      return cannot_fill("its command", filled.error());
    words.push_back(std::move(*filled));
  }
  return words;
}

} // namespace

secret_contents::secret_contents(const fleet& of, settings how) : of_{of}, how_{std::move(how)} {}

void secret_contents::learn() {
  const std::lock_guard alone{mutex_};
  how_.printed->forget_failures();
  for (const auto& host : how_.hosts)
    for (const auto& on : places_on(of_.secrets, host)) {
      const auto* found = on.place->command.empty() ? nullptr : find_host(of_, host);
      if (!found)
        continue;
      for (const auto& names : all_names_of_host(of_, *found, how_.environment)) {
        // What fails is told by the step that needs it.
        const auto got = get(on.number, *on.place, names, 1);
        if (!got && (got.error().code == ec::timed_out || got.error().code == ec::cancelled))
          return;
      }
    }
}

expected<std::vector<place_content>> secret_contents::with_all(const std::string& host,
                                                               int attempt) {
  const std::lock_guard alone{mutex_};
  if (gathered_ < attempt) {
    gathered_ = attempt;
    all_ = std::map<std::string, on_host>{};
    for (const auto& one : how_.hosts) {
      auto its = get(one, attempt);
      if (!its) {
        all_ = tl::unexpected{its.error()};
        break;
      }
      all_->emplace(one, std::move(*its));
    }
  }
  if (!all_)
    return tl::unexpected{all_.error()};
  const auto found = all_->find(host);
  return found == all_->end() ? on_host{} : found->second;
}

expected<std::vector<place_content>> secret_contents::alone(const std::string& host, int attempt) {
  const std::lock_guard alone{mutex_};
  return get(host, attempt);
}

expected<std::vector<place_content>> secret_contents::get(const std::string& host, int attempt) {
  on_host all;
  const auto* found = find_host(of_, host);
  if (!found)
    return all;
  const auto names = names_of_host(of_, *found, how_.environment);
  for (const auto& on : places_on(of_.secrets, host)) {
    auto one = get(on.number, *on.place, names, attempt);
    if (!one)
      return tl::unexpected{at_place(host, *on.place, one.error())};
    all.push_back(std::move(*one));
  }
  return all;
}

expected<place_content> secret_contents::get(std::size_t number, const secret_place& place,
                                             const place_names& names, int attempt) {
  place_content made{number, &place, nullptr, {}};
  std::string from;
  if (place.command.empty()) {
    const auto path = fill_in(place.from, names);
    if (!path)
      return cannot_fill("`from`", path.error());
    auto file = read_secret_file(*path);
    if (!file)
      return tl::unexpected{file.error()};
    if (file->open_to_others)
      made.open_file = *path;
    from = *path;
    made.text = std::make_shared<const std::string>(std::move(file->content));
  } else {
    const auto words = words_of(place, names);
    if (!words)
      return tl::unexpected{words.error()};
    auto out = run(*words, place.is_template, attempt);
    if (!out)
      return tl::unexpected{out.error()};
    from = "what `" + told(*words) + "` prints";
    made.text = *out;
  }
  if (place.is_template) {
    auto filled = fill_in(*made.text, names);
    if (!filled)
      return cannot_fill(from, filled.error());
    made.text = std::make_shared<const std::string>(std::move(*filled));
  }
  how_.known->know(*made.text);
  return made;
}

printed_secrets::text secret_contents::run(const std::vector<std::string>& words, bool is_template,
                                           int attempt) {
  const secret_command what{words, std::filesystem::path{of_.file}.parent_path().string(),
                            of_.deadlines.secrets, is_template};
  auto out = how_.printed->get(words, attempt, [&]() -> expected<std::string> {
    if (stop_.stop_requested())
      return fault(ec::cancelled, "`" + told(words) + "` was not begun any more");
    return run_secret_command(what, *how_.known, stop_.get_token());
  });
  // It may have run for another's redaction.
  if (out && is_template)
    how_.known->know_template(**out);
  else if (out)
    how_.known->know(**out);
  return out;
}

} // namespace baton
