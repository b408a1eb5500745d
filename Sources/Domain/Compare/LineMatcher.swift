/// Finds the lines that two texts have in common, in order: E. Myers, "An O(ND) Difference
/// Algorithm and Its Variations" (1986), between lines that stand only once on both sides.
enum LineMatcher {
    struct Edits {
        /// Pairs of indices, rising on both sides.
        var same: [(Int, Int)] = []
    }

    /// Differences of a stretch beyond which lines that are unique divide it: memory grows with
    /// the square.
    private static let reach = 400

    static func edits(
        _ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>], effort: inout Int
    ) -> Edits {
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        func number(_ line: ArraySlice<UInt8>) -> Int {
            if let known = numbers[line] { return known }
            numbers[line] = numbers.count
            return numbers.count - 1
        }
        let a = old.map(number)
        let b = new.map(number)
        effort -= a.count + b.count
        var edits = Edits()
        var stretches = [(0..<a.count, 0..<b.count)]
        while let (left, right) = stretches.popLast() {
            match(a, b, left, right, &edits, &stretches, &effort)
        }
        edits.same.sort { $0.0 < $1.0 }
        return edits
    }

    private static func match(
        _ a: [Int], _ b: [Int], _ left: Range<Int>, _ right: Range<Int>, _ edits: inout Edits,
        _ stretches: inout [(Range<Int>, Range<Int>)], _ effort: inout Int
    ) {
        var (left, right) = (left, right)
        while let i = left.first, let j = right.first, a[i] == b[j] {
            edits.same.append((i, j))
            left = left.dropFirst()
            right = right.dropFirst()
        }
        while let i = left.last, let j = right.last, a[i] == b[j] {
            edits.same.append((i, j))
            left = left.dropLast()
            right = right.dropLast()
        }
        guard !left.isEmpty, !right.isEmpty, effort > 0 else { return }
        if shortest(a, b, left, right, &edits, &effort) { return }
        let anchors = anchors(a, b, left, right)
        effort -= left.count + right.count
        guard !anchors.isEmpty else { return }
        var (i, j) = (left.lowerBound, right.lowerBound)
        for (x, y) in anchors + [(left.upperBound, right.upperBound)] {
            stretches.append((i..<x, j..<y))
            if x < left.upperBound { edits.same.append((x, y)) }
            (i, j) = (x + 1, y + 1)
        }
    }

    /// - Returns: `false` where that is out of reach, and nothing was found.
    private static func shortest(
        _ a: [Int], _ b: [Int], _ left: Range<Int>, _ right: Range<Int>, _ edits: inout Edits,
        _ effort: inout Int
    ) -> Bool {
        let (n, m) = (left.count, right.count)
        let limit = min(n + m, reach)
        // furthest[k + limit]: how far one gets in `a` on diagonal k.
        var furthest = [Int](repeating: 0, count: 2 * limit + 2)
        var trace: [[Int]] = []
        for d in 0...limit {
            guard effort > 0 else { return false }
            // Of this round only the diagonals -d … d can matter later.
            trace.append(Array(furthest[max(0, limit - d)...min(2 * limit, limit + d)]))
            for k in stride(from: -d, through: d, by: 2) {
                let goesDown =
                    k == -d || (k != d && furthest[limit + k - 1] < furthest[limit + k + 1])
                var x = goesDown ? furthest[limit + k + 1] : furthest[limit + k - 1] + 1
                var y = x - k
                while x < n, y < m, x >= 0, y >= 0,
                    a[left.lowerBound + x] == b[right.lowerBound + y]
                {
                    x += 1
                    y += 1
                    effort -= 1
                }
                furthest[limit + k] = x
                effort -= 1
                if x >= n, y >= m {
                    backtrack(trace, d, (left, right), &edits)
                    return true
                }
            }
        }
        return false
    }

    private static func backtrack(
        _ trace: [[Int]], _ last: Int, _ stretch: (Range<Int>, Range<Int>), _ edits: inout Edits
    ) {
        var (x, y) = (stretch.0.count, stretch.1.count)
        for d in stride(from: last, through: 0, by: -1) {
            let round = trace[d]
            // What stood on diagonal k before this round.
            func reached(_ k: Int) -> Int { round.indices.contains(k + d) ? round[k + d] : 0 }
            let k = x - y
            var (startX, startY) = (0, 0)
            if d > 0 {
                let goesDown = k == -d || (k != d && reached(k - 1) < reached(k + 1))
                let from = goesDown ? k + 1 : k - 1
                startX = reached(from)
                startY = startX - from
            }
            let bottom = d > 0 ? (x: startX, y: startY) : (x: 0, y: 0)
            while x > bottom.x, y > bottom.y {
                x -= 1
                y -= 1
                edits.same.append((stretch.0.lowerBound + x, stretch.1.lowerBound + y))
            }
            (x, y) = bottom
        }
    }

    /// Lines that stand once on each side, those of them that keep their order.
    private static func anchors(
        _ a: [Int], _ b: [Int], _ left: Range<Int>, _ right: Range<Int>
    ) -> [(Int, Int)] {
        var counts: [Int: (left: Int, right: Int, place: Int)] = [:]
        for i in left { counts[a[i], default: (0, 0, 0)].left += 1 }
        for j in right {
            counts[b[j], default: (0, 0, 0)].right += 1
            counts[b[j]]?.place = j
        }
        let pairs = left.compactMap { i -> (Int, Int)? in
            guard let found = counts[a[i]], found.left == 1, found.right == 1 else { return nil }
            return (i, found.place)
        }
        let moved = Set(DrawingOrder.moved(pairs.map(\.1)))
        return pairs.enumerated().filter { !moved.contains($0.offset) }.map(\.element)
    }
}
