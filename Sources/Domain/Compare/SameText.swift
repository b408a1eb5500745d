import Basics

/// Whether two texts are the same bytes: `==` takes composed and decomposed letters for the same.
@inline(__always)
func isSame(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8, right.utf8)
    guard left.count == right.count else { return false }
    let same = left.withContiguousStorageIfAvailable { left in
        right.withContiguousStorageIfAvailable { right in left.elementsEqual(right) }
    }
    return same.flatMap { $0 } ?? left.elementsEqual(right)
}

/// Whether two values are the same JSON; the order of members does not count.
func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): isSame(left, right)
    case (.string(let left), .string(let right)): isSame(left, right)
    case (.array(let left), .array(let right)):
        left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
    case (.object(let left), .object(let right)): isSame(left, right)
    default: false
    }
}

func isSame(_ left: JSONObject, _ right: JSONObject) -> Bool {
    guard left.members.count == right.members.count else { return false }
    for (index, (key, value)) in left.members.enumerated() {
        let other = right.members[index]
        // Mostly the order is the same too.
        guard let found = isSame(other.key, key) ? other.value : right[key],
            isSame(value, found)
        else { return false }
    }
    return true
}
