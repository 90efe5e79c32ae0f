// Recovery points that were captured: what each is about, and which packages were installed then. What they keep of
// files lies beside the database (mos/snapshot/points.hpp).
#pragma once

#include <mos/state/database.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::state {

// The numbers are fixed for ever.
enum class PointScope : std::uint8_t { full_system = 1, packages = 2, configuration = 3, paths = 4 };

[[nodiscard]] std::string_view scope_name(PointScope scope) noexcept;  // "full-system"
[[nodiscard]] std::optional<PointScope> scope_named(std::string_view name) noexcept;

struct Point {
    std::uint64_t id = 0;  // in one row with the numbers of transactions
    std::int64_t time_unix_s = 0;
    std::string description;
    PointScope scope = PointScope::full_system;
    std::vector<std::string> names;  // of the scope's packages, or its paths
    std::vector<std::string> tags;
    std::uint64_t entries = 0;
    std::uint64_t content_bytes = 0;
    std::array<std::byte, 32> index_digest{};  // SHA-256 of what says which files it has
};

class Points {
  public:
    explicit Points(Database &database) : m_database(database) {}

    [[nodiscard]] Result<std::optional<Point>> find(std::uint64_t id);
    [[nodiscard]] Result<std::vector<Point>> list();  // the oldest first
    // Rows of the packages that were in force; they are kept as long as the point is.
    [[nodiscard]] Result<std::vector<std::uint64_t>> packages(std::uint64_t id);

    // The following belong into the body of Database::commit.
    [[nodiscard]] Result<void> insert(const Point &point, const std::vector<std::uint64_t> &packages);
    // Forgets the packages' rows too that it alone has kept.
    [[nodiscard]] Result<void> remove(std::uint64_t id);

  private:
    Database &m_database;
};

}  // namespace mos::state
