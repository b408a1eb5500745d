/// What changed its place in an order in which others kept theirs.
enum DrawingOrder {
    /// - Parameter ranks: all different: where each element stood before, in the order of now.
    /// - Returns: indices of the fewest elements that must be moved to get from one to the other.
    static func moved(_ ranks: [Int]) -> [Int] {
        // Longest rising sequence: for each length, the element with which it ends lowest.
        var ends: [Int] = []
        var before = [Int](repeating: -1, count: ranks.count)
        for (index, rank) in ranks.enumerated() {
            if let last = ends.last, ranks[last] > rank {
                var (low, high) = (0, ends.count - 1)
                while low < high {
                    let middle = (low + high) / 2
                    if ranks[ends[middle]] < rank { low = middle + 1 } else { high = middle }
                }
                before[index] = low > 0 ? ends[low - 1] : -1
                ends[low] = index
            } else {
                before[index] = ends.last ?? -1
                ends.append(index)
            }
        }
        if ends.count == ranks.count { return [] }
        var stays = [Bool](repeating: false, count: ranks.count)
        var index = ends.last ?? -1
        while index >= 0 {
            stays[index] = true
            index = before[index]
        }
        return ranks.indices.filter { !stays[$0] }
    }
}
