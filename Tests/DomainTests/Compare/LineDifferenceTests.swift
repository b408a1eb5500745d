import Testing

@testable import Domain

@Suite("Line difference") struct LineDifferenceTests {
    private func lines(_ from: String, _ to: String, effort: Int = 1_000_000) -> [String] {
        var effort = effort
        return LineDifference(from, to, effort: &effort).lines.map { line in
            switch line.mark {
            case .same: " \(line.text)"
            case .removed: "-\(line.text)"
            case .added: "+\(line.text)"
            case .gap: "…"
            }
        }
    }

    private func numbered(_ count: Int) -> [String] { (1...count).map { "line \($0)" } }

    @Test("Three lines around each difference are shown, and a gap where others were left out")
    func context() {
        let old = numbered(20)
        var new = old
        new[9] = "changed"
        #expect(
            lines(old.joined(separator: "\n"), new.joined(separator: "\n")) == [
                "…", " line 7", " line 8", " line 9", "-line 10", "+changed", " line 11",
                " line 12", " line 13", "…",
            ])
        new.append("last")
        #expect(
            lines(old.joined(separator: "\n"), new.joined(separator: "\n")).suffix(6) == [
                " line 13", "…", " line 18", " line 19", " line 20", "+last",
            ])
        #expect(lines("a\nb", "a\nb") == [])
    }

    @Test("Lines have their number on each side")
    func numbers() throws {
        var effort = 1000
        let lines = LineDifference("a\nb\nc", "x\na\nc", effort: &effort).lines
        #expect(lines.map(\.from) == [nil, 1, 2, 3])
        #expect(lines.map(\.to) == [1, 2, nil, 3])
    }

    @Test("Lines that end with CR LF are the same as those with LF; that they differ is said")
    func lineEnds() {
        var effort = 1000
        let difference = LineDifference("a\r\nb\r\nc", "a\nb\nd", effort: &effort)
        #expect(difference.endsDiffer)
        #expect(difference.lines.map(\.text) == ["a", "b", "c", "d"])
        #expect(difference.lines.map(\.mark) == [.same, .same, .removed, .added])
        #expect(!LineDifference("a\r\nb", "a\r\nc", effort: &effort).endsDiffer)
    }

    @Test("Empty texts, a last line end and bytes of all kinds are taken")
    func edges() {
        #expect(lines("", "a\nb") == ["+a", "+b"])
        #expect(lines("a\n", "a\n\n") == [" a", "+"])
        #expect(lines("ä\n🏭", "ä\n🏭\u{301}") == [" ä", "-🏭", "+🏭\u{301}"])
    }

    @Test("Pairs of lines are the same, rise on both sides, and are as many as there can be")
    func matching() {
        var random = SeededGenerator(5)
        for round in 0..<300 {
            let letters = Array("abcdefgh".utf8.prefix(2 + round % 7))
            let old = (0..<Int.random(in: 0..<30, using: &random)).map { _ in
                [random.pick(letters)][...]
            }
            let new = (0..<Int.random(in: 0..<30, using: &random)).map { _ in
                [random.pick(letters)][...]
            }
            var effort = 100_000
            let pairs = LineMatcher.edits(old, new, effort: &effort).same
            #expect(pairs.allSatisfy { old[$0.0] == new[$0.1] })
            #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.0 < $1.0 && $0.1 < $1.1 })
            #expect(pairs.count == Self.longest(old, new), "round \(round)")
        }
    }

    /// Length of the longest common subsequence, by the plain table.
    private static func longest(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> Int {
        var row = [Int](repeating: 0, count: new.count + 1)
        for line in old {
            var diagonal = 0
            for (column, other) in new.enumerated() {
                let above = row[column + 1]
                row[column + 1] = line == other ? diagonal + 1 : max(above, row[column])
                diagonal = above
            }
        }
        return row.last ?? 0
    }

    @Test("Texts without a line in common, and without effort left, are replaced as a whole")
    func bounded() {
        let old = (0..<20_000).map { "old \($0)" }.joined(separator: "\n")
        let new = (0..<20_000).map { "new \($0)" }.joined(separator: "\n")
        var effort = 2_000_000
        let difference = LineDifference(old, new, effort: &effort)
        #expect(difference.lines.count == 40_000)
        #expect(effort > -200_000)
        #expect(lines("a\nx\nb\ny\nc", "a\nz\nb\nw\nc", effort: 0).count == 8)
    }

    @Test("Far apart texts are divided where lines stand only once")
    func anchors() {
        let blocks = (0..<40).map { block in
            (["block \(block)"] + (0..<30).map { "old \(block) \($0)" })
        }
        let others = (0..<40).map { block in
            (["block \(block)"] + (0..<30).map { "new \(block) \($0)" })
        }
        var effort = 10_000_000
        let pairs = LineMatcher.edits(
            blocks.joined().map { ArraySlice($0.utf8) },
            others.joined().map { ArraySlice($0.utf8) }, effort: &effort
        ).same
        #expect(pairs.map(\.0) == (0..<40).map { $0 * 31 })
    }
}
