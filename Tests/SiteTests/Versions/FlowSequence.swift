import Basics

/// Flows as Node-RED writes them, and what small edits make of them; the same for a seed.
struct FlowSequence {
    private var random: SeededRandom
    private var nodes: [(tab: Int, text: String)] = []
    private static let words = [
        "speed", "valve", "motor", "press", "saw", "oven", "count", "shift", "alarm", "pallet",
    ]

    init(bytes: Int, seed: UInt64 = 7) {
        random = SeededRandom(seed)
        var size = 0
        while size < bytes {
            let node = node()
            size += node.utf8.count + 3
            nodes.append((Int(random.next() % 20), node))
        }
        nodes.sort { $0.tab < $1.tab }
    }

    var flows: [UInt8] {
        Array("[\n\(nodes.map(\.text).joined(separator: ",\n"))\n]".utf8)
    }

    /// One to three nodes changed, added or removed.
    mutating func edit() {
        for _ in 0...(random.next() % 3) {
            let index = Int(random.next() % UInt64(nodes.count))
            switch random.next() % 10 {
            case 0: nodes.remove(at: index)
            case 1: nodes.insert((nodes[index].tab, node()), at: index)
            default: nodes[index].text = node()
            }
        }
    }

    private mutating func node() -> String {
        func word() -> String { Self.words[Int(random.next() % 10)] }
        func number() -> UInt64 { random.next() % 10_000 }
        let id = random.hex()
        let code = (0..<(random.next() % 20)).map { _ in
            "const \(word())\(number()) = msg.payload.\(word()) * \(number());"
        }.joined(separator: "\\n")
        return """
                {
                    "id": "\(id)",
                    "type": "function",
                    "z": "\(random.hex())",
                    "name": "\(word()) \(word())",
                    "func": "\(code)\\nreturn msg;",
                    "outputs": 1,
                    "timeout": 0,
                    "x": \(number()),
                    "y": \(number()),
                    "wires": [
                        [
                            "\(random.hex())"
                        ]
                    ]
                }
            """
    }
}

/// SplitMix64: the same numbers for a seed.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func hex() -> String {
        let digits = String(next(), radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var index = 0
            while index < count {
                var word = next()
                for _ in 0..<min(8, count - index) {
                    buffer[index] = UInt8(truncatingIfNeeded: word)
                    word >>= 8
                    index += 1
                }
            }
            initialized = count
        }
    }
}
