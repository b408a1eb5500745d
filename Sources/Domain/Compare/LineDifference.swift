/// Two texts line by line: where they differ, with a few lines around it.
package struct LineDifference: Sendable, Equatable {
    package enum Mark: String, Sendable, CaseIterable {
        case same, removed, added
        /// Lines that are the same were left out here.
        case gap
    }

    package struct Line: Sendable, Equatable {
        package let mark: Mark
        /// Number of the line on each side, from 1.
        package let from: Int?
        package let to: Int?
        /// Without its end.
        package let text: String

        package static let gap = Line(mark: .gap, from: nil, to: nil, text: "")
    }

    package let lines: [Line]
    /// One side ends its lines with CR LF, the other with LF alone, somewhere.
    package let endsDiffer: Bool

    private static let context = 3

    /// - Parameter effort: steps that may be taken; falls. Without any left, everything between the
    ///   first and the last difference counts as replaced.
    package init(_ from: String, _ to: String, effort: inout Int) {
        let (old, new) = (LineList(from), LineList(to))
        let edits = LineMatcher.edits(old.keys, new.keys, effort: &effort)
        endsDiffer = !zip(edits.same.map(\.0), edits.same.map(\.1)).allSatisfy {
            old.hasReturn($0) == new.hasReturn($1)
        }
        lines = Self.hunks(old, new, edits.same)
    }

    /// - Parameter same: pairs of lines that are the same, rising on both sides.
    private static func hunks(
        _ old: LineList, _ new: LineList, _ same: [(Int, Int)]
    ) -> [Line] {
        var lines: [Line] = []
        var (i, j) = (0, 0)
        var run: [(Int, Int)] = []
        func line(_ pair: (Int, Int)) -> Line {
            Line(mark: .same, from: pair.0 + 1, to: pair.1 + 1, text: new.text(pair.1))
        }
        func closeRun(isLast: Bool) {
            let isFirst = lines.isEmpty
            let head = isFirst ? 0 : context
            let tail = isLast ? 0 : context
            if run.count > head + tail {
                lines += run.prefix(head).map(line)
                lines.append(.gap)
                lines += run.suffix(tail).map(line)
            } else {
                lines += run.map(line)
            }
            run = []
        }
        for pair in same + [(old.count, new.count)] {
            let isEdit = i < pair.0 || j < pair.1
            if isEdit { closeRun(isLast: false) }
            while i < pair.0 {
                lines.append(Line(mark: .removed, from: i + 1, to: nil, text: old.text(i)))
                i += 1
            }
            while j < pair.1 {
                lines.append(Line(mark: .added, from: nil, to: j + 1, text: new.text(j)))
                j += 1
            }
            if pair.0 < old.count { run.append(pair) }
            (i, j) = (pair.0 + 1, pair.1 + 1)
        }
        if lines.isEmpty { return [] }
        closeRun(isLast: true)
        return lines
    }
}

/// The lines of a text, without copying them.
struct LineList {
    private let bytes: [UInt8]
    private let ranges: [Range<Int>]
    /// The same for lines that are the same but for their ends.
    let keys: [ArraySlice<UInt8>]

    init(_ text: String) {
        let bytes = Array(text.utf8)
        var ranges: [Range<Int>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == 0x0A {
            ranges.append(start..<index)
            start = index + 1
        }
        // A line end at the very end begins no line of its own.
        if start < bytes.count { ranges.append(start..<bytes.count) }
        keys = ranges.map { range in
            let hasReturn = !range.isEmpty && bytes[range.upperBound - 1] == 0x0D
            return bytes[range.lowerBound..<(hasReturn ? range.upperBound - 1 : range.upperBound)]
        }
        self.bytes = bytes
        self.ranges = ranges
    }

    var count: Int { ranges.count }

    func hasReturn(_ line: Int) -> Bool { keys[line].count != ranges[line].count }

    func text(_ line: Int) -> String { String(decoding: keys[line], as: UTF8.self) }
}
