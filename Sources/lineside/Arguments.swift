/// What stood behind a subcommand, taken apart strictly: an option that is not declared, a value
/// that is missing and an option given twice are errors.
struct Arguments: Sendable, Equatable {
    struct Option: Sendable {
        /// "--port"
        let name: StaticString
        /// What its value is, "N"; `nil` for one without.
        let value: StaticString?

        init(_ name: StaticString, _ value: StaticString? = nil) {
            self.name = name
            self.value = value
        }
    }

    private var values: [String: String] = [:]
    private(set) var words: [String] = []

    /// - Parameter words: how many words without dashes may stand there.
    init(
        _ arguments: some Sequence<String>, options: [Option], words range: ClosedRange<Int> = 0...0
    ) throws(UsageError) {
        var rest = arguments.makeIterator()
        var onlyWords = false
        while let argument = rest.next() {
            if onlyWords || !argument.hasPrefix("-") || argument == "-" {
                words.append(argument)
                continue
            }
            if argument == "--" {
                onlyWords = true
                continue
            }
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false
            ).map(String.init)
            let name = parts[0]
            guard let option = options.first(where: { "\($0.name)" == name }) else {
                throw UsageError("there is no option \(name) here")
            }
            guard values[name] == nil else { throw UsageError("\(name) stands there twice") }
            if let what = option.value {
                guard let value = parts.count == 2 ? parts[1] : rest.next(), !value.isEmpty else {
                    throw UsageError("\(name) needs a value: \(name) \(what)")
                }
                values[name] = value
            } else {
                guard parts.count == 1 else { throw UsageError("\(name) takes no value") }
                values[name] = ""
            }
        }
        if words.count < range.lowerBound { throw UsageError("something is missing") }
        if words.count > range.upperBound {
            throw UsageError("'\(words[range.upperBound])' is too much")
        }
    }

    subscript(name: String) -> String? { values[name] }

    func has(_ name: String) -> Bool { values[name] != nil }

    func int(_ name: String, _ range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// A command line that was not understood. The program ends with 2.
struct UsageError: Error, Sendable, Equatable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// A command that could not do what it was told. The program ends with 1.
struct CommandFailure: Error, Sendable, Equatable {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
}
