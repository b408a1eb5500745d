package import Basics

/// Which of a file's bytes an answer carries (RFC 9110 §13 and §14); pure.
package enum Preconditions {
    package enum Outcome: Sendable, Equatable {
        case full
        case partial(Range<Int>)
        case notModified
        case failed
        /// 416: the answer names the size.
        case unsatisfiable
    }

    /// - Parameters:
    ///   - etag: of what would be sent, strong, with its quotes.
    ///   - size: in bytes.
    package static func decide(
        _ head: RequestHead, etag: String, modified: Timestamp? = nil, size: Int
    ) -> Outcome {
        let headers = head.headers
        let isRead = head.method == .get || head.method == .head
        if headers.contains(Header.ifMatch), !matches(headers, Header.ifMatch, etag, weak: false) {
            return .failed
        }
        if headers.contains(Header.ifNoneMatch) {
            if matches(headers, Header.ifNoneMatch, etag, weak: true) {
                return isRead ? .notModified : .failed
            }
        } else if isRead, let modified, let text = headers[Header.ifModifiedSince],
            let since = Timestamp(httpDate: text),
            modified.milliseconds / 1000 <= since.milliseconds / 1000
        {
            return .notModified
        }
        guard head.method == .get, let text = headers[Header.range] else { return .full }
        if let condition = headers[Header.ifRange], condition != etag { return .full }
        return range(text, size: size)
    }

    /// One range of bytes. Lists and other units are allowed to be ignored, and are: an answer in
    /// many parts is only good for making a server sweat.
    package static func range(_ text: String, size: Int) -> Outcome {
        guard text.hasPrefix("bytes="), !text.contains(",") else { return .full }
        let parts = text.dropFirst(6).split(
            separator: "-", omittingEmptySubsequences: false
        ).map { $0.trimmingBlanks() }
        guard parts.count == 2 else { return .full }
        func number(_ text: String) -> Int? {
            guard !text.isEmpty, text.utf8.count <= 18, text.utf8.allSatisfy(ASCII.isDigit) else {
                return nil
            }
            return Int(text)
        }
        switch (number(parts[0]), number(parts[1])) {
        case (let first?, let last?):
            guard first <= last else { return .full }
            guard first < size else { return .unsatisfiable }
            return .partial(first..<min(last + 1, size))
        case (let first?, nil) where parts[1].isEmpty:
            return first < size ? .partial(first..<size) : .unsatisfiable
        case (nil, let count?) where parts[0].isEmpty:
            guard count > 0, size > 0 else { return .unsatisfiable }
            return .partial(max(0, size - count)..<size)
        default: return .full
        }
    }

    /// Does a list of entity tags hold this one? `*` holds each.
    package static func matches(
        _ headers: Headers, _ name: String, _ etag: String, weak: Bool
    ) -> Bool {
        headers.all(name).flatMap { $0.split(separator: ",") }.contains { item in
            var item = item.trimmingBlanks()[...]
            if item == "*" { return true }
            if item.hasPrefix("W/") {
                guard weak else { return false }
                item = item.dropFirst(2)
            }
            return item == etag[...]
        }
    }
}
