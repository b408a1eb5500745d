import Basics

/// The lines of what a device kept, in files that are named by the first number in them: bounded,
/// the oldest go first.
struct AgentRecordFiles: Sendable {
    /// Bytes of one file and how many of them: 6 MB are a day of a talkative flow.
    private static let segment = 512 << 10
    private static let segments = 12
    /// What an older agent may have written into one file.
    private static let longest = ByteCount.mebibytes(8)

    /// `l 12 7 {…}`: a log record, the twelfth line and the record of number 7; `s 13 - {…}`.
    struct Line {
        let number: Int64
        let record: Int64?
        let json: Substring

        init?(_ text: Substring) {
            let parts = text.split(separator: " ", maxSplits: 3)
            guard parts.count == 4, let number = Int64(parts[1]),
                // Half a line would spoil a whole batch.
                parts[3].last == "}"
            else { return nil }
            self.number = number
            record = parts[0] == "l" ? Int64(parts[2]) : nil
            json = parts[3]
        }
    }

    let directory: String
    /// The last line may not have been written to its end: by a power cut, or on a full disk.
    private var isTorn = true

    init(directory: String) { self.directory = directory }

    private func path(_ first: Int64) -> String { "\(directory)/\(first).records" }

    /// First numbers of the files, the oldest first.
    var all: [Int64] {
        ((try? Files.list(directory)) ?? [])
            .compactMap { name in
                name.hasSuffix(".records") ? Int64(name.dropLast(8)) : nil
            }.sorted()
    }

    func lines(_ first: Int64) -> [Line] {
        guard let bytes = try? Files.read(path(first), limit: Self.longest) else { return [] }
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        // What a power cut left half written is no record.
        if bytes.last != 0x0A, !lines.isEmpty { lines.removeLast() }
        return lines.compactMap(Line.init)
    }

    /// - Parameters:
    ///   - lines: each with its end.
    ///   - number: of the first of them.
    /// - Returns: whether another file was begun.
    mutating func append(
        _ lines: [[UInt8]], from number: Int64
    ) throws(SystemError) -> Bool {
        var all = all
        let known = all.count
        var number = number
        if all.isEmpty { all = [number] }
        var rest = lines[...]
        while let last = all.last, !rest.isEmpty {
            let file = try AppendedFile(path(last))
            // Half a line is made none of ours.
            var bytes: [UInt8] = isTorn && file.size > 0 ? Array(" !\n".utf8) : []
            var count = 0
            for line in rest {
                let size = file.size + bytes.count
                if size > 0, size + line.count > Self.segment { break }
                bytes += line
                count += 1
            }
            isTorn = true
            try file.append(bytes)
            isTorn = false
            number += Int64(count)
            rest = rest.dropFirst(count)
            if !rest.isEmpty { all.append(number) }
        }
        guard all.count > known else { return false }
        while all.count > Self.segments { try Files.removeTree(path(all.removeFirst())) }
        return true
    }

    /// Removes the files that hold nothing from this number on.
    func remove(before number: Int64) {
        let all = all
        for (index, first) in all.dropLast().enumerated() where all[index + 1] <= number {
            try? Files.removeTree(path(first))
        }
    }
}
