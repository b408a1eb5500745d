import Basics
import Store

/// Picks one page out of a folder while its names go by, holding little more than that page however
/// many there are.
struct FileWindow {
    struct Key: Comparable {
        let isFolder: Bool
        let name: String

        /// Folders first. By bytes: names that only look alike are different ones.
        static func < (left: Key, right: Key) -> Bool {
            if left.isFolder != right.isFolder { return left.isFolder }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }

        static func == (left: Key, right: Key) -> Bool {
            left.isFolder == right.isFolder && left.name.utf8.elementsEqual(right.name.utf8)
        }

        var cursor: [String] { [isFolder ? "d" : "f", Base64URL.encode(Array(name.utf8))] }

        init(isFolder: Bool, name: String) {
            self.isFolder = isFolder
            self.name = name
        }

        init?(_ cursor: [String]) {
            guard cursor.count == 2, let bytes = Base64URL.decode(cursor[1]) else { return nil }
            isFolder = cursor[0] == "d"
            name = String(decoding: bytes, as: UTF8.self)
        }
    }

    private let limit: Int
    private let after: Key?
    private let query: String?
    private var best: [Key] = []
    private(set) var count = 0
    private(set) var unlisted = 0

    init(_ request: PageRequest) {
        limit = request.limit
        after = request.cursor.flatMap { Key($0.keys) }
        query = request.query?.lowercased()
    }

    /// - Parameter name: `nil` for one that is no UTF-8.
    mutating func add(_ name: String?, isFolder: Bool) {
        guard let name else {
            unlisted += 1
            return
        }
        if let query, !name.lowercased().contains(query) { return }
        count += 1
        let key = Key(isFolder: isFolder, name: name)
        if let after, !(after < key) { return }
        best.append(key)
        if best.count >= 8 * (limit + 1) { shrink() }
    }

    private mutating func shrink() {
        best.sort()
        best.removeLast(max(0, best.count - limit - 1))
    }

    var page: (keys: [Key], hasMore: Bool) {
        var copy = self
        copy.shrink()
        return (Array(copy.best.prefix(limit)), copy.best.count > limit)
    }
}
