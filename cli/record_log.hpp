#pragma once

#include "actors/listener.hpp"
#include "runtime/log/step_output.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace baton {

/// Every record as a line of the log: each step with its time and status, errors whole.
class record_log : public observer {
public:
  explicit record_log(std::shared_ptr<const plan> of) : of_{std::move(of)} {}
  void on_record(const record& what) override;

private:
  std::shared_ptr<const plan> of_;
  std::map<std::string, time_point> began_; ///< running steps, by id
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
