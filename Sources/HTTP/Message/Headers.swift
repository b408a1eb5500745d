/// Header fields in order. Names are lower-case; one block of bytes holds them all, so a head costs
/// two allocations however many fields it has, and text is made only of what somebody asks for.
package struct Headers: Sendable {
    struct Slot: Sendable {
        var nameStart: Int32
        var nameCount: Int32
        var valueStart: Int32
        var valueCount: Int32

        var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameCount) }
        var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueCount) }
    }

    private(set) var bytes: [UInt8] = []
    private(set) var slots: [Slot] = []

    package init(_ pairs: [(String, String)] = []) {
        for (name, value) in pairs { add(name, value) }
    }

    /// What a parser has checked and laid out.
    init(bytes: [UInt8], slots: [Slot]) {
        self.bytes = bytes
        self.slots = slots
    }

    package var count: Int { slots.count }
    package var isEmpty: Bool { slots.isEmpty }

    /// The first of that name; setting replaces all of that name, `nil` removes them.
    package subscript(name: String) -> String? {
        get {
            guard let index = firstIndex(of: name) else { return nil }
            return text(slots[index].value)
        }
        set {
            remove(name)
            if let newValue { add(name, newValue) }
        }
    }

    package func contains(_ name: String) -> Bool { firstIndex(of: name) != nil }

    package func all(_ name: String) -> [String] {
        var found: [String] = []
        for slot in slots where isNamed(slot, name) { found.append(text(slot.value)) }
        return found
    }

    package mutating func add(_ name: String, _ value: String) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name.utf8)
        let valueStart = bytes.count
        for index in nameStart..<valueStart { bytes[index] = ASCII.lowercase(bytes[index]) }
        bytes.append(contentsOf: value.utf8)
        slots.append(
            Slot(
                nameStart: Int32(nameStart), nameCount: Int32(valueStart - nameStart),
                valueStart: Int32(valueStart), valueCount: Int32(bytes.count - valueStart)))
    }

    /// All fields of the other, behind those that are here.
    package mutating func add(contentsOf other: Headers) {
        let shift = Int32(bytes.count)
        bytes.append(contentsOf: other.bytes)
        slots.reserveCapacity(slots.count + other.slots.count)
        for slot in other.slots {
            var slot = slot
            slot.nameStart += shift
            slot.valueStart += shift
            slots.append(slot)
        }
    }

    package mutating func remove(_ name: String) {
        guard firstIndex(of: name) != nil else { return }
        let block = bytes
        slots.removeAll { Self.isNamed($0, name, in: block) }
    }

    /// Makes no text of any field. The name is lower-case and there during the call only.
    mutating func removeAll(named matches: (FieldName) -> Bool) {
        let block = bytes
        block.withUnsafeBufferPointer { block in
            guard let base = block.baseAddress else { return }
            slots.removeAll { slot in
                matches(FieldName(base + Int(slot.nameStart), Int(slot.nameCount)))
            }
        }
    }

    package mutating func removeAll(where matches: (_ name: String, _ value: String) -> Bool) {
        slots = slots.filter { !matches(text($0.name), text($0.value)) }
    }

    package var pairs: [(name: String, value: String)] {
        slots.map { (text($0.name), text($0.value)) }
    }

    /// The comma-separated members of all fields of that name, trimmed, lower-case, none empty.
    package func tokens(_ name: String) -> [String] {
        all(name).flatMap { value in
            value.split(separator: ",").map { $0.trimmingBlanks().lowercased() }
        }.filter { !$0.isEmpty }
    }

    private func firstIndex(of name: String) -> Int? {
        var wanted = name
        return wanted.withUTF8 { wanted in
            bytes.withUnsafeBufferPointer { bytes in
                slots.firstIndex { slot in
                    guard Int(slot.nameCount) == wanted.count else { return false }
                    let start = Int(slot.nameStart)
                    for offset in 0..<wanted.count
                    where bytes[start + offset] != ASCII.lowercase(wanted[offset]) {
                        return false
                    }
                    return true
                }
            }
        }
    }

    private func isNamed(_ slot: Slot, _ name: String) -> Bool {
        Self.isNamed(slot, name, in: bytes)
    }

    private static func isNamed(_ slot: Slot, _ name: String, in bytes: [UInt8]) -> Bool {
        guard Int(slot.nameCount) == name.utf8.count else { return false }
        var index = Int(slot.nameStart)
        for byte in name.utf8 {
            guard bytes[index] == ASCII.lowercase(byte) else { return false }
            index += 1
        }
        return true
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}

/// The name of a field where it lies.
struct FieldName {
    private let base: UnsafePointer<UInt8>
    let count: Int

    init(_ base: UnsafePointer<UInt8>, _ count: Int) {
        self.base = base
        self.count = count
    }

    func starts(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && ASCII.starts(base, with: text)
    }

    var text: String {
        String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
    }

    static func ~= (text: StaticString, name: FieldName) -> Bool {
        name.count == text.utf8CodeUnitCount && ASCII.starts(name.base, with: text)
    }
}

extension Headers: Equatable {
    package static func == (left: Headers, right: Headers) -> Bool {
        left.slots.count == right.slots.count
            && zip(left.slots, right.slots).allSatisfy { one, other in
                left.bytes[one.name] == right.bytes[other.name]
                    && left.bytes[one.value] == right.bytes[other.value]
            }
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral pairs: (String, String)...) { self.init(pairs) }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends: the only white space that HTTP knows inside a line.
    func trimmingBlanks() -> String {
        func blank(_ letter: Character) -> Bool { letter == " " || letter == "\t" }
        guard let first = firstIndex(where: { !blank($0) }),
            let last = lastIndex(where: { !blank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
