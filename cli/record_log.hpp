#pragma once

#include "actors/listener.hpp"
#include "runtime/log/step_output.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace baton {

/// Every record as a line of the log: each step with its time and status, errors whole. What steps
/// print, too, where the log is for everything: a line each, cut, and of a step so many at most.
class record_log : public observer {
public:
  static constexpr std::size_t line_bytes_max = 4096;
  static constexpr std::size_t lines_max = 2000; ///< of a step; the output file has more

  explicit record_log(std::shared_ptr<const plan> of) : of_{std::move(of)} {}
  void on_record(const record& what) override;
  void on_output(const output_note& note) override;

private:
  /// A step that prints.
  struct printing {
    std::string rest;      ///< of a line whose end is not there yet
    bool skips = false;    ///< the rest of a line that was cut
    std::size_t lines = 0; ///< that were written
  };
  void write_line(const output_note& note, printing& from, std::string_view line);

  std::shared_ptr<const plan> of_;
  std::map<std::string, time_point> began_; ///< running steps, by id, and phases
  std::map<std::string, std::pair<output_note, printing>> prints_; ///< by step id
};

/// What steps print, into the files that `baton logs` reads.
class output_files : public observer {
public:
  output_files(std::filesystem::path state_folder, std::shared_ptr<const redactor> secrets);
  void on_record(const record& what) override;
  void on_output(const output_note& note) override;

private:
  std::filesystem::path state_folder_;
  std::shared_ptr<const redactor> secrets_;
  std::map<std::string, step_output> open_; ///< by step id
  std::shared_ptr<const plan> of_;
};

} // namespace baton
