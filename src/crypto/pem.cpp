#include "pem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include <sodium.h>

namespace mos::crypto {

namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::size_t line_characters = 64;

// Splits lines off the front of a text; line ends are LF or CRLF.
class Lines {
  public:
    explicit Lines(std::string_view text) : m_rest(text) {}

    [[nodiscard]] bool at_end() const { return m_rest.empty(); }
    [[nodiscard]] const char *position() const { return m_rest.data(); }
    std::string_view next() {
        const std::size_t end = std::min(m_rest.find('\n'), m_rest.size());
        std::string_view line = m_rest.substr(0, end);
        m_rest.remove_prefix(std::min(end + 1, m_rest.size()));
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
            line.remove_suffix(1);
        return line;
    }

  private:
    std::string_view m_rest;
};

Result<std::string_view> label_of(std::string_view begin_line) {
    std::string_view label = begin_line.substr(begin_mark.size());
    if (label.size() <= dashes.size() || !label.ends_with(dashes))
        return Error{Code::FORMAT, "a BEGIN line is malformed"};
    label.remove_suffix(dashes.size());
    return label;
}

// The text of a block's body up to its END line.
Result<std::string_view> body_of(Lines &lines, std::string_view label) {
    const char *const begin = lines.position();
    while (!lines.at_end()) {
        const char *const end = lines.position();
        const std::string_view line = lines.next();
        if (line.find(':') != std::string_view::npos)
            return Error{Code::FORMAT, fmt::format("the block {} has headers, as an encrypted key of the old form has; "
                                                   "convert it with 'openssl pkcs8 -topk8 -nocrypt'",
                                                   base::in_quotes(label))};
        if (!line.starts_with(dashes))
            continue;
        if (line != fmt::format("{}{}{}", end_mark, label, dashes))
            break;
        return std::string_view{begin, static_cast<std::size_t>(end - begin)};
    }
    return Error{Code::FORMAT, fmt::format("the block {} has no end", base::in_quotes(label))};
}

Result<SecretBytes> decode_body(std::string_view body, std::string_view label) {
    SecretBytes content(body.size() / 4 * 3 + 3);
    std::size_t length = 0;
    const char *end = nullptr;
    // libsodium's decoder is in constant time, and refuses unused bits that are not zero.
    const int status = sodium_base642bin(reinterpret_cast<unsigned char *>(content.data()), content.size(), body.data(),
                                         body.size(), " \t\r\n", &length, &end, sodium_base64_VARIANT_ORIGINAL);
    if (status != 0 || end != body.data() + body.size())
        return Error{Code::FORMAT, fmt::format("the block {} is not base64", base::in_quotes(label))};
    content.resize(length);
    return content;
}

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text, std::size_t limit) {
    std::vector<PemBlock> blocks;
    Lines lines{text};
    while (!lines.at_end()) {
        const std::string_view line = lines.next();
        if (line.starts_with(end_mark))
            return Error{Code::FORMAT, "an END line has no BEGIN line"};
        if (!line.starts_with(begin_mark))
            continue;
        if (blocks.size() == limit)
            return Error{Code::LIMIT, fmt::format("more than {} PEM blocks", limit)};
        MOS_TRY(const std::string_view label, label_of(line));
        MOS_TRY(const std::string_view body, body_of(lines, label));
        MOS_TRY(SecretBytes content, decode_body(body, label));
        blocks.push_back({label, std::move(content)});
    }
    return blocks;
}

Result<SecretBytes> parse_single_pem(std::string_view text, std::string_view label) {
    MOS_TRY(std::vector<PemBlock> blocks, parse_pem(text, 2));
    if (blocks.empty())
        return Error{Code::FORMAT, fmt::format("there is no PEM block '{}'", label)};
    if (blocks[0].label != label)
        return Error{Code::FORMAT, fmt::format("there is a PEM block {} where '{}' should be",
                                               base::in_quotes(blocks[0].label), label)};
    if (blocks.size() > 1)
        return Error{Code::FORMAT, "there is more than one PEM block"};
    return std::move(blocks[0].content);
}

SecretBytes write_pem(std::string_view label, base::ByteView content) {
    SecretBytes base64(sodium_base64_encoded_len(content.size(), sodium_base64_VARIANT_ORIGINAL));
    sodium_bin2base64(reinterpret_cast<char *>(base64.data()), base64.size(),
                      reinterpret_cast<const unsigned char *>(content.data()), content.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    base64.pop_back();  // the terminator

    SecretBytes pem;
    pem.reserve(base64.size() + base64.size() / line_characters + 2 * label.size() + 64);
    const auto append = [&](base::ByteView part) { pem.insert(pem.end(), part.begin(), part.end()); };
    append(base::as_bytes(fmt::format("{}{}{}\n", begin_mark, label, dashes)));
    for (base::ByteView rest = base64; !rest.empty();) {
        const base::ByteView line = rest.first(std::min(rest.size(), line_characters));
        append(line);
        append(base::as_bytes("\n"));
        rest = rest.subspan(line.size());
    }
    append(base::as_bytes(fmt::format("{}{}{}\n", end_mark, label, dashes)));
    return pem;
}

}  // namespace mos::crypto
