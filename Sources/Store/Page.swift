import Basics

/// Where a list goes on: the keys of the last row that was given, opaque to everybody else.
package struct Cursor: Sendable, Hashable {
    package let keys: [String]

    package init(_ keys: [String]) { self.keys = keys }

    /// `nil` for what no list of ours ever gave.
    package init?(text: String) {
        guard text.utf8.count <= 1024, let bytes = Base64URL.decode(text),
            let list = try? JSONReader.read(bytes).array
        else { return nil }
        keys = list.compactMap(\.string)
        guard keys.count == list.count, !keys.isEmpty else { return nil }
    }

    package var text: String { Base64URL.encode(Array(keys.jsonText.utf8)) }
}

/// Which part of a list is wanted.
package struct PageRequest: Sendable, Hashable {
    /// 200: more than fits a screen, few enough for one answer.
    package static let maximumLimit = 200

    /// 1 to 200.
    package let limit: Int
    package let cursor: Cursor?
    /// Letters that a name must hold; `nil`: any.
    package let query: String?

    package init(limit: Int = 50, cursor: Cursor? = nil, query: String? = nil) {
        self.limit = min(max(limit, 1), PageRequest.maximumLimit)
        self.cursor = cursor
        self.query = query.flatMap { $0.isEmpty ? nil : $0 }
    }

    package static let first = PageRequest(limit: maximumLimit)

    func key(_ index: Int) -> String? {
        guard let cursor, index < cursor.keys.count else { return nil }
        return cursor.keys[index]
    }

    func number(_ index: Int) -> Int64? { key(index).flatMap { Int64($0) } }

    /// For `LIKE … ESCAPE '\'`.
    var pattern: String? {
        query.map { query in
            var pattern = "%"
            for character in query.prefix(200) {
                if "%_\\".contains(character) { pattern += "\\" }
                pattern.append(character)
            }
            return pattern + "%"
        }
    }
}

/// A part of a list.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Of the whole list, as it was when this part was read.
    package let count: Int
    package let next: Cursor?

    package init(items: [Item], count: Int, next: Cursor?) {
        self.items = items
        self.count = count
        self.next = next
    }

    /// - Parameter found: one more than asked for, if there are more.
    init(found: [Item], request: PageRequest, count: Int, key: (Item) -> [String]) {
        items = Array(found.prefix(request.limit))
        self.count = count
        next = found.count > request.limit ? items.last.map { Cursor(key($0)) } : nil
    }

    package func map<Other: Sendable>(_ change: (Item) -> Other) -> Page<Other> {
        Page<Other>(items: items.map(change), count: count, next: next)
    }
}
