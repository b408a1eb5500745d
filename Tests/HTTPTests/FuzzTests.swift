import FoundationEssentials
import Testing

@Suite("Corpus") struct FuzzTests {
    static var corpus: [(name: String, bytes: [UInt8])] {
        get throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().path + "/Corpus"
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
                name in
                (name, try Array(Data(contentsOf: URL(filePath: "\(folder)/\(name)"))))
            }
        }
    }

    static var isLong: Bool { ProcessInfo.processInfo.environment["LINESIDE_LONG"] == "1" }

    @Test("Every entry keeps the rules")
    func replay() throws {
        let corpus = try Self.corpus
        #expect(corpus.count >= 40)
        for entry in corpus {
            #expect(throws: Never.self, "\(entry.name)") { try FuzzTarget.run(entry.bytes) }
        }
    }

    /// `LINESIDE_FUZZ_SECONDS` goes on with ever new seeds for that long.
    @Test("Every mutation of every entry keeps the rules")
    func mutate() throws {
        let corpus = try Self.corpus.map(\.bytes)
        let seconds = ProcessInfo.processInfo.environment["LINESIDE_FUZZ_SECONDS"].flatMap(
            Double.init)
        let start = Date()
        var seed: UInt64 = 1
        repeat {
            var mutator = Mutator(seed: seed)
            for entry in corpus {
                for _ in 0..<(Self.isLong ? 20_000 : 200) {
                    let bytes = mutator.mutate(entry, with: corpus)
                    do { try FuzzTarget.run(bytes) } catch {
                        Issue.record("\(error) with seed \(seed): \(bytes)")
                        return
                    }
                }
            }
            seed += 1
        } while seconds.map { Date().timeIntervalSince(start) < $0 } ?? false
    }
}

/// The same changes for the same seed.
struct Mutator {
    private var state: UInt64
    private static let tokens: [String] = [
        "\r\n", "\n", "\r", "\0", ":", " ", "\t", ",", ";", "%", "%2e", "%2f", "%00", "..", "/",
        "chunked", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Host: b\r\n",
        "HTTP/1.1", "HTTP/1.0", "0\r\n\r\n", "5\r\nhello\r\n", "Connection: close\r\n",
        "\r\nX-A: b", "+1", "-1", "0x", "99999999999999999999", "ü", "\u{7F}", "bytes=0-0",
    ]

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    private mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }

    /// The first byte stays: it names the parser.
    mutating func mutate(_ entry: [UInt8], with corpus: [[UInt8]]) -> [UInt8] {
        var bytes = Array(entry.dropFirst())
        for _ in 0...below(4) { change(&bytes, corpus) }
        return entry.prefix(1) + bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
        let place = below(bytes.count + 1)
        let end = min(bytes.count, place + below(16) + 1)
        switch below(8) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
        case 1 where place < bytes.count: bytes[place] = UInt8(below(256))
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4, 5:
            let token = Self.tokens[below(Self.tokens.count)]
            bytes.insert(contentsOf: token.utf8, at: place)
        case 6:
            let token = Self.tokens[below(Self.tokens.count)]
            bytes.replaceSubrange(place..<end, with: token.utf8)
        default:
            let other = corpus[below(corpus.count)].dropFirst()
            let start = other.startIndex + below(other.count)
            bytes.insert(contentsOf: other[start...].prefix(below(64)), at: place)
        }
    }
}
