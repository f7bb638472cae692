using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Xml.Linq;
using Sequencer.Iac.Credentials;

namespace Sequencer.Iac.Aws;

/// <summary>
/// Signed calls to AWS in one region, of the two protocols that this command needs: Query (EC2,
/// STS) and JSON (SSM, Service Quotas).
/// </summary>
internal sealed class AwsConnection : IDisposable
{
    private const int AnswerBytesMax = 16 * 1024 * 1024;
    private const int AttemptsMax = 4;
    private const string FormType = "application/x-www-form-urlencoded; charset=utf-8";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly AwsCredentials _credentials;
    private readonly Uri? _endpoint;
    private readonly TimeProvider _time;

    /// <param name="credentials">Who calls.</param>
    /// <param name="region">Where; of the form of a region.</param>
    /// <param name="endpoint">Takes the calls of all services in place of AWS; or null.</param>
    /// <param name="time">This machine's clock.</param>
    /// <param name="handler">What carries requests; null for the network.</param>
    public AwsConnection(
        AwsCredentials credentials,
        string region,
        Uri? endpoint,
        TimeProvider time,
        HttpMessageHandler? handler = null)
    {
        _credentials = credentials;
        Region = region;
        _endpoint = endpoint;
        _time = time;
        _http = new HttpClient(
            handler ?? new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                ConnectTimeout = TimeSpan.FromSeconds(10),
            },
            disposeHandler: handler is null)
        {
            Timeout = Patience,
            MaxResponseContentBufferSize = AnswerBytesMax,
        };
    }

    /// <summary>The region.</summary>
    public string Region { get; }

    /// <summary>Who calls.</summary>
    public AwsCredentials Credentials => _credentials;

    /// <summary>True where calls do not go to AWS.</summary>
    public bool IsElsewhere => _endpoint is not null;

    /// <summary>By how much this machine's clock is ahead of AWS's; null as long as nobody told.
    /// </summary>
    public TimeSpan? ClockSkew { get; private set; }

    /// <summary>The same in another region; the caller disposes it.</summary>
    public AwsConnection In(string region) => new(_credentials, region, _endpoint, _time);

    public void Dispose() => _http.Dispose();

    /// <summary>Calls a service that speaks Query, and reads its XML.</summary>
    /// <param name="service">Name of host and signature, such as <c>ec2</c>.</param>
    /// <param name="parameters">Action, Version and all else.</param>
    /// <param name="isRepeatable">Whether doing it twice is no more than once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AwsFault">AWS says no.</exception>
    /// <exception cref="AwsUnreachable">Nobody answered.</exception>
    public async Task<XElement> QueryAsync(
        string service,
        QueryParameters parameters,
        bool isRepeatable,
        CancellationToken cancellationToken)
    {
        string call = $"{service}:{parameters.Action}";
        byte[] answer = await SendAsync(
            service, call, () => NewRequest(FormType, parameters.ToBody()), isRepeatable,
            cancellationToken);
        return XmlAnswer.Read(answer) ?? throw new AwsFault(
            call, (int)HttpStatusCode.OK, "", "the answer is not XML");
    }

    /// <summary>Asks a service that speaks JSON for one value; nothing else is asked so.</summary>
    /// <param name="service">Name of host and signature, such as <c>ssm</c>.</param>
    /// <param name="target">What is called, such as <c>AmazonSSM.GetParameter</c>.</param>
    /// <param name="question">Members of the request, all strings.</param>
    /// <param name="member">The member of the answer that has the value, in its member
    /// <c>Value</c>.</param>
    /// <param name="kind">Of which kind the value is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<JsonElement> AskJsonAsync(
        string service,
        string target,
        IReadOnlyDictionary<string, string> question,
        string member,
        JsonValueKind kind,
        CancellationToken cancellationToken)
    {
        string call = $"{service}:{target.Split('.')[^1]}";
        byte[] answer = await SendAsync(
            service,
            call,
            () =>
            {
                AwsRequest request = NewRequest(
                    "application/x-amz-json-1.1", JsonSerializer.SerializeToUtf8Bytes(question));
                request.Headers["x-amz-target"] = target;
                return request;
            },
            isRepeatable: true,
            cancellationToken);
        try
        {
            using JsonDocument json = JsonDocument.Parse(answer);
            if (json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty(member, out JsonElement holder)
                && holder.ValueKind == JsonValueKind.Object
                && holder.TryGetProperty("Value", out JsonElement value)
                && value.ValueKind == kind)
            {
                return value.Clone();
            }
            throw new AwsFault(
                call, (int)HttpStatusCode.OK, "", $"the answer has no {member}.Value");
        }
        catch (JsonException)
        {
            throw new AwsFault(call, (int)HttpStatusCode.OK, "", "the answer is not JSON");
        }
    }

    /// <summary>
    /// Sends a request, made and signed anew for each attempt. What AWS did not take up (it was
    /// asked too often) is sent again; what may have been done, only if that does no harm.
    /// </summary>
    public async Task<byte[]> SendAsync(
        string service,
        string call,
        Func<AwsRequest> newRequest,
        bool isRepeatable,
        CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await SendOnceAsync(service, call, newRequest(), cancellationToken);
            }
            catch (AwsFault fault) when (attempt < AttemptsMax
                && (FaultCodes.IsThrottling(fault)
                    || (isRepeatable && fault.Status >= (int)HttpStatusCode.InternalServerError)))
            {
            }
            catch (AwsUnreachable fault)
                when (attempt < AttemptsMax && isRepeatable && !fault.IsUnknownHost)
            {
            }
            // Up to double each time, so that many who wait do not come back together.
            TimeSpan pause = FirstPause * (1 << attempt) * (0.5 + (Random.Shared.NextDouble() / 2));
            await Task.Delay(pause, _time, cancellationToken);
        }
    }

    private static AwsRequest NewRequest(string contentType, byte[] body) =>
        new() { Body = body, Headers = { ["content-type"] = contentType } };

    private async Task<byte[]> SendOnceAsync(
        string service, string call, AwsRequest request, CancellationToken cancellationToken)
    {
        Uri host = _endpoint ?? AwsHosts.Of(service, Region);
        request.Headers["host"] = host.Authority;
        SigV4.Sign(request, new SigningScope(Region, service), _credentials, _time.GetUtcNow());
        using HttpRequestMessage message = ToMessage(host, request);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(message, cancellationToken);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            ClockSkew = _time.GetUtcNow() - response.Headers.Date;
            return response.IsSuccessStatusCode
                ? body
                : throw FaultAnswer.Read(call, (int)response.StatusCode, body);
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            bool isUnknownHost = e is HttpRequestException
            {
                HttpRequestError: HttpRequestError.NameResolutionError
            } || e.InnerException is SocketException { SocketErrorCode: SocketError.HostNotFound };
            string reason = e is OperationCanceledException
                ? $"no answer within {Patience.TotalSeconds:0} seconds"
                : e.InnerException?.Message ?? e.Message;
            throw new AwsUnreachable(host.Authority, isUnknownHost, reason);
        }
    }

    private static HttpRequestMessage ToMessage(Uri host, AwsRequest request)
    {
        string query = string.Join('&', request.Query.Select(
            pair => $"{SigV4.Escape(pair.Key)}={SigV4.Escape(pair.Value)}"));
        var message = new HttpRequestMessage(
            request.Method,
            new Uri(host, request.Path + (query.Length > 0 ? "?" + query : "")))
        {
            Content = new ByteArrayContent(request.Body),
        };
        foreach ((string name, string value) in request.Headers)
        {
            if (name == "host") continue;
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }
        return message;
    }
}
