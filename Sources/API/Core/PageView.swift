package import Basics
package import Store

/// One page of a list: `{"items": […], "count": n, "next": "<cursor>"}`.
package struct PageView<Item: APIView>: APIView {
    private let items: [Item]
    /// Of all that match, on every page.
    private let count: Int
    private let next: String?

    package init(_ page: Page<Item>) {
        items = page.items
        count = page.count
        next = page.next?.text
    }

    /// A list that is always whole.
    package init(all items: [Item]) {
        self.items = items
        count = items.count
        next = nil
    }

    package static var schema: Schema {
        .object(
            nil,
            [
                .field("items", .list(Item.schema)), .field("count", .integer),
                .field("next", .optional(.text)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("items", items)
            json.field("count", count)
            json.field("next", next)
        }
    }
}
