#include "runtime/secrets/known_secrets.hpp"

#include "runtime/log/secret_forms.hpp"
#include "runtime/secrets/env_file.hpp"
#include "runtime/secrets/everyday.hpp"
#include "runtime/secrets/place_template.hpp"
#include "runtime/secrets/places.hpp"
#include "runtime/secrets/said_secrets.hpp"
#include "runtime/secrets/secret_file.hpp"
#include "runtime/secrets/secret_name.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace baton {

namespace {

constexpr std::size_t shortest_line = 8; // of a key, or of a value of several lines

std::set<std::string, std::less<>> names_of(const fleet& of) {
  std::set<std::string, std::less<>> names{of.name};
  for (const auto& host : of.hosts)
    for (const auto* name : {&host.reach.name, &host.reach.ssh, &host.reach.address,
                             &host.reach.user, &host.reach.jump, &host.check_address})
      names.insert(*name);
  for (const auto& stage : of.stages) {
    names.insert(stage.name);
    for (const auto& stack : stage.stacks) {
      names.insert(stack.name);
      if (const auto* compose = std::get_if<compose_engine>(&stack.engine)) {
        names.insert(compose->project);
        names.insert(compose->profiles.begin(), compose->profiles.end());
      }
    }
  }
  for (const auto& environment : of.environments)
    names.insert(environment.name);
  return names;
}

void add_lines(std::string_view text, std::vector<std::string>& values) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.size() >= shortest_line && !line.starts_with("-----") && !line.starts_with('#'))
      values.emplace_back(line);
  }
}

/// What may be filled in, for each host that has the place, in each environment.
std::vector<place_names> names_on_all(const fleet& of, const secret_place& place) {
  std::vector<place_names> all;
  for (const auto& host : of.hosts)
    if (is_on(place, host.reach.name))
      for (auto& names : all_names_of_host(of, host, ""))
        all.push_back(std::move(names));
  return all;
}

/// Changes when the file does.
std::string likeness_of(const std::string& path) {
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0)
    return {};
  std::string made;
  for (const auto number : {static_cast<long>(there.st_ino), static_cast<long>(there.st_size),
                            there.st_mtim.tv_sec, there.st_mtim.tv_nsec})
    made += std::to_string(number) + ' ';
  return made;
}

} // namespace

std::vector<std::string> secret_values_in(std::string_view content,
                                          const std::set<std::string, std::less<>>& open) {
  std::vector<std::string> values;
  const auto entries = read_env(content);
  for (const auto& entry : entries)
    for (const auto& value : readings_of(entry)) {
      const bool is_open = names_a_secret(entry.name) ? is_answer(value)
                                                      : is_everyday(value) || open.contains(value);
      if (value.size() >= secret_bytes_min && !is_open)
        values.push_back(value);
      if (value.find('\n') != std::string::npos)
        add_lines(value, values);
    }
  if (entries.empty())
    add_lines(content, values);
  return values;
}

known_secrets::known_secrets(const fleet& of) : open_{names_of(of)} {
  for (const auto& one : secrets_said(of))
    all_->add(one);
  for (const auto& place : of.secrets.places) {
    if (!place.command.empty())
      continue;
    if (!place.is_template && !names_something(place.from)) {
      files_[place.from];
      continue;
    }
    for (const auto& names : names_on_all(of, place))
      if (const auto path = fill_in(place.from, names)) {
        auto& file = files_[*path];
        if (place.is_template)
          file.filled.push_back(names);
      }
  }
  for (const auto& channel : of.alerts.channels)
    for (const auto* path : {&channel.token_file, &channel.url_file, &channel.password_file})
      if (!path->empty())
        files_[*path].is_line = true;
  refresh();
}

void known_secrets::know(std::string_view content) {
  for (const auto& value : secret_values_in(content, open_))
    all_->add(value);
}

void known_secrets::know_line(std::string_view content) {
  const auto begin = content.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos)
    all_->add(content.substr(begin, content.find_first_of("\r\n", begin) - begin));
}

void known_secrets::know_template(std::string_view content) {
  for (const auto& value : secret_values_in(content, open_))
    if (!names_something(value))
      all_->add(value);
}

void known_secrets::refresh() {
  const std::lock_guard alone{mutex_};
  for (auto& [path, known] : files_) {
    auto now = likeness_of(path);
    if (now.empty() || now == known.likeness)
      continue;
    // One that cannot be read is told of by the step that needs it; so is one that cannot be filled
    // in.
    if (const auto file = read_secret_file(path)) {
      if (known.is_line)
        know_line(file->content);
      else if (known.filled.empty())
        know(file->content);
      else
        know_template(file->content);
      for (const auto& names : known.filled)
        if (const auto text = fill_in(file->content, names))
          know(*text);
      known.likeness = std::move(now);
    }
  }
}

} // namespace baton
