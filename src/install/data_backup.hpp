// The archive of a package's data that `remove --backup-data` asks for.
#pragma once

#include <mos/install/plan.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mos::install {

inline constexpr const char *backups_path = "var/backups/multios";

// Removes the archives again unless it is told that what they were made for is decided.
class DataBackup {
  public:
    // Writes an archive for each removal that asks for one, durably, and says where in a notice. None where there is no
    // data. What write_archive() says; EXISTS when the name of a second ago is taken.
    [[nodiscard]] static Result<DataBackup> make(transaction::Site &site, const Steps &steps);
    DataBackup(DataBackup &&) noexcept = default;
    DataBackup &operator=(DataBackup &&) = delete;
    ~DataBackup();

    void keep() noexcept { m_written.clear(); }

  private:
    DataBackup() = default;
    [[nodiscard]] Result<void> write(transaction::Site &site, const std::string &package);

    std::shared_ptr<base::Directory> m_folder;
    std::vector<std::string> m_written;
};

}  // namespace mos::install
