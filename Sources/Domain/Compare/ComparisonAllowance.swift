import Basics

/// What an answer may hold and cost: hostile flows make it neither large nor slow.
struct ComparisonAllowance {
    /// 64 KB of one value. Code that a person wrote is shorter.
    static let value = 64 << 10
    /// 4 MB of a text, and lines in it: a line takes some 100 bytes of memory however short it is.
    /// Longer ones are shown without lines.
    private static let text = 4 << 20
    private static let textLines = 100_000
    /// 16 MB of all values, and of all lines.
    private static let all = 16 << 20

    private(set) var cut = 0
    private var left = Self.all
    private var linesLeft = Self.all
    /// 30,000,000 steps: a tenth of a second.
    private var effort = 30_000_000

    /// Compares texts line by line and cuts what is too long.
    mutating func apply(to change: inout PropertyChange) {
        if case .string(let from) = change.from, case .string(let to) = change.to,
            from.utf8.contains(0x0A) || to.utf8.contains(0x0A), hasReadableLines(from, to)
        {
            let difference = LineDifference(from, to, effort: &effort)
            change.lineEndsDiffer = difference.endsDiffer
            let lines = bounded(difference.lines)
            if !lines.isEmpty { change.lines = lines }
        }
        change.from = change.from.map { bounded($0) }
        change.to = change.to.map { bounded($0) }
    }

    private func hasReadableLines(_ texts: String...) -> Bool {
        texts.allSatisfy { text in
            text.utf8.count <= Self.text && text.utf8.count { $0 == 0x0A } <= Self.textLines
        }
    }

    private mutating func bounded(_ lines: [LineDifference.Line]) -> [LineDifference.Line] {
        var result: [LineDifference.Line] = []
        var room = min(Self.value * 2, linesLeft)
        for line in lines {
            let size = line.text.utf8.count + 40
            guard size <= room else {
                cut += 1
                result.append(.gap)
                break
            }
            room -= size
            linesLeft -= size
            result.append(line)
        }
        return result
    }

    private mutating func bounded(_ value: JSONValue) -> JSONValue {
        let limit = min(Self.value, max(left, 200))
        let size = Self.size(of: value, upTo: limit)
        left -= min(size, limit)
        guard size > limit else { return value }
        cut += 1
        guard case .string(let text) = value else {
            return .string(Self.prefix(String(decoding: value.json, as: UTF8.self), limit))
        }
        return .string(Self.prefix(text, limit))
    }

    /// Whole letters only.
    private static func prefix(_ text: String, _ limit: Int) -> String {
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }

    /// Bytes of a value as JSON, about; stops counting past the limit.
    private static func size(of value: JSONValue, upTo limit: Int) -> Int {
        switch value {
        case .null, .bool: return 4
        case .number(let digits): return digits.utf8.count
        case .string(let text): return text.utf8.count
        case .array(let elements):
            var size = 2
            for element in elements where size <= limit {
                size += 1 + self.size(of: element, upTo: limit - size)
            }
            return size
        case .object(let object):
            var size = 2
            for (key, element) in object.members where size <= limit {
                size += 4 + key.utf8.count + self.size(of: element, upTo: limit - size)
            }
            return size
        }
    }
}
