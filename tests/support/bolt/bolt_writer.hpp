// Writes BoltDB files for tests, of any shape, as a stream: a file of a gigabyte takes little memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::test {

struct BoltShape {
    std::uint32_t page_size = 4096;
    std::uint64_t transaction = 7; ///< of the newer meta; the other has one less
    /// The first page of content; those between the metas and this one are free, and holes in the file.
    std::uint64_t first_page = 2;
    bool has_freelist = true;
    bool has_inline_buckets = true;    ///< small buckets lie in their value, as with Bolt
    std::size_t elements_per_page = 0; ///< at most; 0: as many as fit
};

class BoltWriter;

/// One bucket being written, bottom-up. Keys come in ascending order.
class BoltBucket {
public:
    explicit BoltBucket(BoltWriter& writer);
    ~BoltBucket();
    BoltBucket(BoltBucket&&) noexcept;
    BoltBucket& operator=(BoltBucket&&) = delete;

    void put(std::string_view key, std::string_view value);
    /// Ends `bucket`, and puts it here.
    void put(std::string_view key, BoltBucket bucket);

private:
    friend class BoltWriter;
    struct Element {
        std::string key = {};
        std::string value = {};  ///< of a leaf's
        std::uint64_t child = 0; ///< of a branch's
        bool is_bucket = false;
    };
    struct Level {
        std::vector<Element> elements = {};
        std::size_t size = 0; ///< of the page that these fill
        std::uint64_t pages = 0;
    };

    void add(std::size_t level, Element element);
    /// Writes the page. @return its number
    std::uint64_t flush(std::size_t level);
    /// @return the root's page
    std::uint64_t finish();
    /// @return what stands for the bucket in the one around it
    std::string finish_value();
    [[nodiscard]] std::string encode(std::size_t level, std::uint64_t page, std::uint32_t overflow) const;

    BoltWriter* writer_;
    std::vector<Level> levels_; ///< leaves first
    bool holds_buckets_ = false;
};

class BoltWriter {
public:
    explicit BoltWriter(const std::filesystem::path& path, BoltShape shape = {});
    ~BoltWriter();
    BoltWriter(const BoltWriter&) = delete;
    BoltWriter& operator=(const BoltWriter&) = delete;

    /// Of the top level: closed with the next one, or with finish(). Names come in ascending order.
    BoltBucket& bucket(std::string_view name);
    /// What is put here lies beside the top-level buckets.
    BoltBucket& root() noexcept { return root_; }
    /// Writes what is open, the freelist and the metas.
    void finish();

private:
    friend class BoltBucket;
    void close_bucket();
    /// @return the first of the pages
    std::uint64_t allocate(std::uint64_t pages);
    void write(std::uint64_t page, std::string bytes) const;
    void write_freelist(std::uint64_t page, std::uint64_t pages) const;
    void write_meta(std::uint64_t page, std::uint64_t root, std::uint64_t freelist,
                    std::uint64_t transaction) const;

    const BoltShape shape_;
    int descriptor_;
    std::uint64_t next_page_;
    BoltBucket root_;
    std::string open_name_;
    std::unique_ptr<BoltBucket> open_;
};

/// Makes the checksum of the meta that begins here right again. @param file the bytes of a whole file;
/// @param page_start where the meta's page begins
void seal_bolt_meta(std::string& file, std::size_t page_start);

} // namespace nanomdm::test
