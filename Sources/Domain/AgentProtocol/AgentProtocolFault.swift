package import Basics

/// A message between appliance and agent that is not what it should be. One sentence.
package struct AgentProtocolFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }

    init(_ fault: JSONFieldError, in what: String) {
        self.init("\(what): \(fault.field) \(fault.reason)")
    }

    package var description: String { reason }
}

/// What is read out of JSON that came over the network or lay on a disk.
package protocol AgentMessage: JSONReadable, JSONWritable {
    /// "a command"
    static var called: String { get }
    /// Bytes of JSON.
    static var limit: Int { get }
    /// Values of JSON, all levels together.
    static var valueLimit: Int { get }
}

extension AgentMessage {
    package static func read(_ bytes: [UInt8]) throws(AgentProtocolFault) -> Self {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(bytes, limit: limit, values: valueLimit)
        } catch {
            throw AgentProtocolFault("\(called) \(error.reason.rawValue)")
        }
        guard let object = value.object else {
            throw AgentProtocolFault("\(called) must be an object")
        }
        do throws(JSONFieldError) { return try Self(json: object) } catch {
            throw AgentProtocolFault(error, in: called)
        }
    }

    package var bytes: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}

/// Fields as agent and appliance exchange them: times in milliseconds since 1970, texts bounded.
extension JSONObject {
    func moment(_ name: String) throws(JSONFieldError) -> Timestamp {
        guard let moment = try optionalMoment(name) else {
            throw JSONFieldError(field: name, reason: "is missing")
        }
        return moment
    }

    func optionalMoment(_ name: String) throws(JSONFieldError) -> Timestamp? {
        guard let number = try optionalInt(name) else { return nil }
        guard Timestamp.plausible.contains(number) else {
            throw JSONFieldError(field: name, reason: "must be a time from 1970 to 9999")
        }
        return Timestamp(milliseconds: number)
    }

    /// A number that goes up by one each time: from 0 to 2⁵², so that whoever counts on from it
    /// never meets the end.
    func counter(_ name: String) throws(JSONFieldError) -> Int64 {
        let number = try int(name)
        guard (0...Self.most).contains(number) else {
            throw JSONFieldError(field: name, reason: "must be a number from 0")
        }
        return number
    }

    /// A number that is only shown: what nobody can have measured counts as the nearest that could.
    func optionalMeasured(_ name: String) throws(JSONFieldError) -> Int64? {
        try optionalInt(name).map { min(max($0, 0), Self.most) }
    }

    private static var most: Int64 { 1 << 52 }

    func text(_ name: String, upTo limit: Int) throws(JSONFieldError) -> String {
        guard let text = try optionalText(name, upTo: limit) else {
            throw JSONFieldError(field: name, reason: "is missing")
        }
        return text
    }

    func optionalText(_ name: String, upTo limit: Int) throws(JSONFieldError) -> String? {
        guard let text = try optionalString(name) else { return nil }
        guard text.utf8.count <= limit else {
            throw JSONFieldError(field: name, reason: "is longer than \(limit) bytes")
        }
        return text
    }

    func whole(_ name: String, _ range: ClosedRange<Int>) throws(JSONFieldError) -> Int {
        guard let number = try optionalWhole(name, range) else {
            throw JSONFieldError(field: name, reason: "is missing")
        }
        return number
    }

    func optionalWhole(
        _ name: String, _ range: ClosedRange<Int>
    ) throws(JSONFieldError) -> Int? {
        guard let number = try optionalInt(name) else { return nil }
        guard let number = Int(exactly: number), range.contains(number) else {
            throw JSONFieldError(
                field: name,
                reason: "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func word<Word: RawRepresentable>(
        _ name: String, _ type: Word.Type = Word.self
    ) throws(JSONFieldError) -> Word where Word.RawValue == String {
        let text = try string(name)
        guard let word = Word(rawValue: text) else {
            throw JSONFieldError(field: name, reason: "is no word that is known here")
        }
        return word
    }

    func address(_ name: String) throws(JSONFieldError) -> ContentAddress {
        guard let address = ContentAddress(hex: try string(name)) else {
            throw JSONFieldError(field: name, reason: "must be 64 hexadecimal digits")
        }
        return address
    }

    func required(_ name: String) throws(JSONFieldError) -> JSONObject {
        guard let object = try optionalObject(name) else {
            throw JSONFieldError(field: name, reason: "is missing")
        }
        return object
    }
}
