#pragma once

#include "messages/fleet.hpp"
#include "runtime/config/config_fault.hpp"
#include "runtime/config/yaml_tree.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton {

/// What the readers of one file share.
struct reading {
  std::string file;                 ///< as the user named it
  std::filesystem::path folder;     ///< of baton.yaml, absolute
  std::vector<config_fault> faults; ///< in the order found
  std::set<std::string>* asked =
      nullptr; ///< for tests: every key that was looked for, names as `*`
};

/// A word and what it stands for.
template <class T>
struct word_of {
  std::string_view word;
  T value;
};

/// One value of the document, or the lack of one. What is absent, or of a kind that the schema
/// refuses, leaves the variable that is read into as it was: so defaults and overrides are reads
/// one after the other.
class view {
public:
  view(reading& shared, const yaml_node& root);

  bool present() const { return node_ != nullptr; }
  bool is(yaml_kind kind) const { return node_ && node_->kind == kind; }
  view operator[](std::string_view key) const;               ///< of a mapping with known keys
  view named(std::string_view name) const;                   ///< of a mapping of names
  std::vector<std::pair<std::string, view>> entries() const; ///< of a mapping of names
  std::vector<view> items() const;                           ///< of a list
  const std::string& path() const { return path_; }

  void read(std::string& into) const;                 ///< one line of text that is no option (`-x`)
  void read_text(std::string& into) const;            ///< any text
  void read_word(std::string& into) const;            ///< like a line of text; a number is one
  void read_host_path(std::string& into) const;       ///< begins with / or ~/
  void read_controller_path(std::string& into) const; ///< made absolute: ~ is $HOME
  void read(bool& into) const;
  void read(int& into) const;
  void read(double& into) const;
  void read(duration& into) const;
  void read_positive(duration& into) const;
  void read_size(std::int64_t& into) const;
  void read(command& into) const;
  void read(std::vector<std::string>& into) const;           ///< one or a list, each one line
  void read(std::map<std::string, std::string>& into) const; ///< added; a key again replaces

  template <class T, std::size_t N>
  void read(T& into, const word_of<T> (&words)[N]) const {
    for (const auto& [word, value] : words)
      if (is(yaml_kind::text) && node_->text == word)
        into = value;
  }

  void fault(std::string what, std::string hint = {}) const;
  /// Of a value named by a dotted path from here, or the nearest one above it that is there.
  void fault_at(const std::string& path, std::string what) const;
  bool has_faults_below() const;                   ///< something in this mapping was found wrong
  const std::vector<config_fault>& faults() const; ///< of the whole document, so far
  /// Of a key that is not there: stands at this mapping, speaks of the key.
  void missing(std::string_view key, std::string hint) const;

private:
  view(reading& shared, const yaml_node* node, yaml_mark at, std::string path, std::string generic);
  view child(const std::string& key, std::string generic) const;
  bool usable_line(const std::string& text) const;

  reading* shared_;
  const yaml_node* node_;
  yaml_mark at_; ///< of the key
  std::string path_;
  std::string generic_; ///< the path with `*` for every name and index
};

} // namespace baton
