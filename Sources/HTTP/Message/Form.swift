package import Basics

/// `application/x-www-form-urlencoded`, bounded.
package enum Form {
    /// - Throws: `.malformed` for another type, for coding that is broken, for text that is not
    ///   UTF-8 and for a name that comes twice; `.tooLarge` past the limits.
    package static func read(
        _ request: Request, limit: ByteCount = .kibibytes(16)
    ) async throws(Problem) -> [String: String] {
        let type = request.headers[Header.contentType] ?? ""
        guard
            type.split(separator: ";").first?.trimmingBlanks().lowercased()
                == "application/x-www-form-urlencoded"
        else { throw .malformed("A form is expected here.") }
        let bytes: [UInt8]
        do throws(BodyFault) { bytes = try await request.body.collect(upTo: limit) } catch {
            throw error.problem
        }
        return try parse(bytes)
    }

    package static func parse(
        _ bytes: [UInt8], maxFields: Int = 64
    ) throws(Problem) -> [String: String] {
        var fields: [String: String] = [:]
        for item in bytes.split(separator: UInt8(ascii: "&")) {
            let parts = item.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(parts[0]), let value = decode(parts.count > 1 ? parts[1] : [])
            else { throw .malformed("The form is not coded as forms are.") }
            guard fields.count < maxFields else { throw .malformed("Too many fields.") }
            guard fields.updateValue(value, forKey: name) == nil else {
                throw .malformed("A field of the form comes twice.")
            }
        }
        return fields
    }

    private static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return PercentCoding.decode(text, plusIsSpace: true)
    }
}
