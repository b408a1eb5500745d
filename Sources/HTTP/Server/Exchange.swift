/// One request and its answer. Confined to its connection's loop.
final class Exchange: @unchecked Sendable {
    let head: RequestHead
    let body: RequestBody
    var decoder: BodyDecoder
    var task: Task<Void, Never>?

    /// Nothing of the request is left on the connection, or nothing of it will be looked at.
    var isRead: Bool
    /// The client waits for `100 Continue`.
    var awaitsContinue: Bool
    var isAnswerBegun = false
    var isAnswered = false
    /// The connection ends with this exchange.
    var isLast: Bool
    /// Of an answer with a declared length: bytes that its writer still owes.
    var owed: Int64?
    var isChunked = false
    var dropsBody = false
    /// An upstream is at work for it.
    var isForwarded = false

    /// Since the rate was last looked at.
    var receivedBytes = 0
    var wasPaused = false

    init(head: RequestHead, body: RequestBody, isLast: Bool) {
        self.head = head
        self.body = body
        self.isLast = isLast
        decoder = BodyDecoder(head.framing)
        isRead = head.framing == .none
        awaitsContinue = head.expectsContinue && head.framing != .none
    }

    /// What is left of the body is not worth a new connection.
    var isRestSmall: Bool {
        guard !awaitsContinue, let length = body.declaredLength else { return false }
        return length <= 65_536
    }
}
