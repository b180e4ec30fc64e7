#include "samples.hpp"

#include <stdexcept>

namespace nanomdm::test {
namespace {

constexpr auto bucket_mark = "a bucket";

void read_bucket(const migrate::bolt::Bucket& bucket, const std::string& path, Contents& into) {
    for (const auto& entry : bucket) {
        const auto name = path + std::string{entry.key};
        const auto value = bucket.get(entry.key);
        const auto inner = bucket.bucket(entry.key);
        if (entry.is_bucket != inner.has_value() || entry.is_bucket == value.has_value())
            throw std::logic_error{name + " is found as something else"};
        if (inner) {
            into[name] = bucket_mark;
            read_bucket(*inner, name + "/", into);
        } else {
            if (*value != entry.value) throw std::logic_error{name + " has another value"};
            into[name] = entry.value;
        }
    }
}

} // namespace

Contents write_sample(const std::filesystem::path& path, const BoltShape& shape) {
    Contents contents;
    BoltWriter file{path, shape};
    const auto bucket = [&](const std::string& name) -> BoltBucket& {
        contents[name] = bucket_mark;
        return file.bucket(name);
    };
    bucket("empty");
    auto& large = bucket("large");
    for (int i = 1000; i < 1060; ++i) {
        const auto key = "key" + std::to_string(i);
        // Every tenth value is longer than a page.
        const std::string value(i % 10 == 0 ? shape.page_size * 2 + 100 : 20,
                                static_cast<char>('a' + i % 26));
        large.put(key, value);
        contents["large/" + key] = value;
    }
    auto& outer = bucket("nested");
    BoltBucket inner{file};
    BoltBucket innermost{file};
    innermost.put("deep", "down");
    inner.put("bucket", std::move(innermost));
    inner.put("key", "");
    outer.put("inner", std::move(inner));
    outer.put("other", "value");
    contents["nested/inner"] = contents["nested/inner/bucket"] = bucket_mark;
    contents["nested/inner/bucket/deep"] = "down";
    contents["nested/inner/key"] = "";
    contents["nested/other"] = "value";
    bucket("small").put("a", "1");
    contents["small/a"] = "1";
    file.finish();
    return contents;
}

Contents read_all(const migrate::bolt::Database& database) {
    Contents contents;
    read_bucket(database.root(), {}, contents);
    return contents;
}

} // namespace nanomdm::test
