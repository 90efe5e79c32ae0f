#include "implied_folders.hpp"

#include <mos/base/path.hpp>
#include <mos/package/entry.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::install {

namespace {

class Finder {
  public:
    [[nodiscard]] Result<void> accept(std::string_view path, package::EntryType type) {
        while (!m_above.empty() && !base::may_still_cover(m_above.back(), path))
            m_above.pop_back();
        for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1))
            MOS_CHECK(need(path.substr(0, slash)));
        if (type == package::EntryType::directory)
            m_above.emplace_back(path);
        return {};
    }

    [[nodiscard]] std::vector<std::string> take() {
        std::sort(m_implied.begin(), m_implied.end());
        return std::move(m_implied);
    }

  private:
    [[nodiscard]] Result<void> need(std::string_view folder) {
        if (std::find(m_above.begin(), m_above.end(), folder) != m_above.end())
            return {};
        if (m_implied.size() == max_implied_folders)
            return Error{Code::LIMIT, fmt::format("the package leaves out more than {} folders that its entries need",
                                                  max_implied_folders)}
                .about(std::string{folder});
        m_implied.emplace_back(folder);
        m_above.emplace_back(folder);
        return {};
    }

    std::vector<std::string> m_above;  // folders that the next path may lie below; each a prefix of the next
    std::vector<std::string> m_implied;
};

}  // namespace

Result<std::vector<std::string>> find_implied_folders(package::Package &package) {
    MOS_TRY(package::EntryCursor cursor, package.entries());
    Finder finder;
    for (;;) {
        MOS_TRY(const auto entry, cursor.next());
        if (!entry)
            return finder.take();
        if (const auto path = package::installed_path(*entry))
            MOS_CHECK(finder.accept(*path, entry->type));
    }
}

}  // namespace mos::install
