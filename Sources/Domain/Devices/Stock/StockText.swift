import Basics

/// Texts of a stock agent as they may be kept and shown.
extension JSONValue {
    /// Without control characters, cut to so many bytes; `nil` for what is no text or empty.
    func shown(upTo limit: Int) -> String? { string.flatMap { StockText.shown($0, upTo: limit) } }
}

enum StockText {
    static func shown(_ text: String, upTo limit: Int) -> String? {
        let cut =
            text.utf8.count <= limit
            ? text : String(decoding: text.utf8.prefix(limit), as: UTF8.self)
        let clean = String(
            String.UnicodeScalarView(
                cut.unicodeScalars.map { scalar in
                    let isControl = scalar.value < 0x20 || scalar.value == 0x7F
                    return isControl && scalar != "\n" && scalar != "\t" ? "\u{FFFD}" : scalar
                }))
        return clean.allSatisfy(\.isWhitespace) ? nil : clean
    }
}

/// A message of a stock agent that is not what it should be. One sentence.
package struct StockFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }

    /// - Parameter values: how many it may hold; a hostile one must not take our memory.
    static func read(
        _ bytes: [UInt8], _ what: String, limit: Int, values: Int
    ) throws(StockFault) -> JSONValue {
        do throws(JSONError) {
            return try JSONReader.read(bytes, limit: limit, values: values)
        } catch { throw StockFault("\(what) \(error.reason.rawValue)") }
    }
}
