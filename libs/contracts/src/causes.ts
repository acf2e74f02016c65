/**
 * Why a run ended without data: who can mend it, whether trying again helps, and what the person is told.
 * The names are those that operators and partners see; they never change meaning.
 */
import { z } from 'zod';

interface CauseFacts {
  readonly actor: 'user' | 'bank' | 'agent' | 'us';
  /** never: not until something is changed by hand · after_user: when the user has acted · backoff: later, by itself */
  readonly retry: 'never' | 'after_user' | 'backoff';
  readonly text: { readonly en: string; readonly ja: string };
}

export const CAUSES = {
  CREDENTIALS_REJECTED: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The bank refused the user id or password. Correct them on the PC before the next try.',
      ja: 'ユーザーIDまたはパスワードが銀行に拒否されました。PCで修正してから再度お試しください。',
    },
  },
  ACCOUNT_LOCKED: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The bank has locked the login after wrong tries. Unlock it at the bank first.',
      ja: '誤入力により銀行のログインが停止されています。銀行で解除の手続きをしてください。',
    },
  },
  CREDENTIALS_MISSING: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The PC has no user id or password for this bank yet. Enter them with enishi-agent connect.',
      ja: 'この銀行のユーザーIDとパスワードがPCに登録されていません。enishi-agent connect で登録してください。',
    },
  },
  SESSION_EXPIRED: {
    actor: 'bank',
    retry: 'backoff',
    text: {
      en: 'The bank ended the session before all data were read. It can be tried again.',
      ja: 'データ取得の途中で銀行のセッションが終了しました。再度お試しください。',
    },
  },
  NOTICE_TO_ACKNOWLEDGE: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The bank shows a notice that you must read. Log in at the bank once, then try again.',
      ja: '銀行からのお知らせの確認が必要です。一度銀行のサイトでご確認のうえ、再度お試しください。',
    },
  },
  MAINTENANCE: {
    actor: 'bank',
    retry: 'backoff',
    text: {
      en: 'The bank is under maintenance. It will be tried again later.',
      ja: '銀行がメンテナンス中です。時間をおいて再度お試しください。',
    },
  },
  BANK_DOWN: {
    actor: 'bank',
    retry: 'backoff',
    text: { en: 'The bank could not be reached or answered with a fault.', ja: '銀行に接続できないか、銀行側でエラーが発生しています。' },
  },
  BANK_TIMEOUT: {
    actor: 'bank',
    retry: 'backoff',
    text: { en: 'The bank did not answer in time.', ja: '銀行から時間内に応答がありませんでした。' },
  },
  RATE_LIMITED: {
    actor: 'bank',
    retry: 'backoff',
    text: {
      en: 'The bank asks for fewer requests. It will be tried again later.',
      ja: '銀行からアクセス回数の制限を受けています。時間をおいて再度お試しください。',
    },
  },
  UNKNOWN_PAGE: {
    actor: 'us',
    retry: 'never',
    text: {
      en: 'The bank answered with a page that we do not know. Nothing was guessed; our operators have it.',
      ja: '銀行から未知の画面が返されました。推測での処理は行わず、運用担当者が確認します。',
    },
  },
  SITE_CHANGED: {
    actor: 'us',
    retry: 'never',
    text: { en: 'The bank has changed its site. We must adapt to it first.', ja: '銀行のサイトが変更されました。対応をお待ちください。' },
  },
  INCOMPLETE_DATA: {
    actor: 'us',
    retry: 'backoff',
    text: {
      en: 'The data from the bank were not complete, so none were stored.',
      ja: '銀行から取得したデータが不完全なため、保存しませんでした。',
    },
  },
  CERT_MISSING: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The PC has no client certificate of this bank. Add it with enishi-agent connect.',
      ja: 'この銀行の電子証明書がPCにありません。enishi-agent connect で追加してください。',
    },
  },
  CERT_EXPIRED: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The client certificate has expired. Renew it at the bank.',
      ja: '電子証明書の有効期限が切れています。銀行で更新してください。',
    },
  },
  CERT_UNUSABLE: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The client certificate on the PC or its key cannot be used. Add it again with enishi-agent connect.',
      ja: 'PCの電子証明書またはその秘密鍵が使用できません。enishi-agent connect で追加し直してください。',
    },
  },
  CERT_REJECTED_BY_BANK: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The bank refused the client certificate. It may be revoked or of another user.',
      ja: '電子証明書が銀行に拒否されました。失効しているか、別の利用者のものである可能性があります。',
    },
  },
  BANK_TLS_CHANGED: {
    actor: 'us',
    retry: 'never',
    text: {
      en: 'The bank showed a server certificate or a protocol that is not trusted. Nothing was sent.',
      ja: '銀行のサーバー証明書または暗号化方式を信頼できないため、何も送信しませんでした。',
    },
  },
  BANK_TLS_UNKNOWN: {
    actor: 'us',
    retry: 'never',
    text: {
      en: 'The secure connection to the bank failed for a reason that we do not know yet. Our operators have it.',
      ja: '銀行との暗号化通信が未知の理由で失敗しました。運用担当者が確認します。',
    },
  },
  PC_NETWORK_DOWN: {
    actor: 'user',
    retry: 'backoff',
    text: {
      en: 'The PC has no way to the bank: its network is down, or its name service does not know the bank.',
      ja: 'PCから銀行に到達できません。ネットワークが切断されているか、銀行の名前を解決できません。',
    },
  },
  PC_NETWORK_BLOCKED: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The firewall or the security software of the PC does not let its program out to the bank.',
      ja: 'PCのファイアウォールまたはセキュリティソフトが銀行への通信を遮断しています。',
    },
  },
  PC_DISK_FULL: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The disk of the PC is full. Make room on it, then try again.',
      ja: 'PCのディスクの空き容量がありません。空きを作ってから再度お試しください。',
    },
  },
  AGENT_FAILED: {
    actor: 'agent',
    retry: 'after_user',
    text: {
      en: 'The program on the PC met a fault that it did not expect. Restart it, and try again.',
      ja: 'PCのプログラムで予期しないエラーが発生しました。再起動してから再度お試しください。',
    },
  },
  AGENT_OFFLINE: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The PC with the certificate is off or not connected. Start it and try again.',
      ja: '電子証明書のあるPCが起動していないか、接続されていません。PCを起動して再度お試しください。',
    },
  },
  AGENT_REVOKED: {
    actor: 'user',
    retry: 'never',
    text: {
      en: 'This PC was removed from your account. Enrol it again to use it.',
      ja: 'このPCの登録は解除されています。利用するには再登録してください。',
    },
  },
  AGENT_POLICY_REFUSED: {
    actor: 'us',
    retry: 'never',
    text: {
      en: 'The PC refused an order that is outside the signed description of the bank. Nothing was sent.',
      ja: '署名済みの銀行定義に含まれない指示のため、PCが実行を拒否しました。何も送信していません。',
    },
  },
  CLOCK_SKEWED: {
    actor: 'user',
    retry: 'after_user',
    text: {
      en: 'The clock of the PC is far off. Set it and try again.',
      ja: 'PCの時計が大きくずれています。時刻を合わせて再度お試しください。',
    },
  },
  OUTCOME_UNKNOWN: {
    actor: 'agent',
    retry: 'after_user',
    text: {
      en: 'The answer to the login was lost, for the PC stopped or the connection broke. It was not sent again, so that the bank does not lock you out.',
      ja: 'PCの停止または通信の切断により、ログインの結果を確認できませんでした。アカウントのロックを避けるため、再送はしていません。',
    },
  },
  LOGIN_LIMIT_REACHED: {
    actor: 'agent',
    retry: 'backoff',
    text: {
      en: 'The PC has logged in at this bank as often as one day allows. It sent nothing more, so that the bank does not lock you out. Try again tomorrow.',
      ja: '本日のログイン回数が上限に達したため、PCはログインを送信しませんでした。アカウントのロックを避けるためです。明日以降に再度お試しください。',
    },
  },
  RESPONSE_TOO_LARGE: {
    actor: 'us',
    retry: 'never',
    text: { en: 'The bank answered with more data than the limit of this connector.', ja: '銀行からの応答が上限サイズを超えました。' },
  },
  NO_PROGRESS: {
    actor: 'us',
    retry: 'never',
    text: { en: 'The same page came again and again, so the run was stopped.', ja: '同じ画面が繰り返されたため、処理を中止しました。' },
  },
  BUDGET_SPENT: {
    actor: 'us',
    retry: 'backoff',
    text: { en: 'The run used up its steps or its time.', ja: '処理の上限回数または上限時間に達しました。' },
  },
  CONNECTION_ERASED: {
    actor: 'user',
    retry: 'never',
    text: { en: 'The connection was erased while the run was under way.', ja: '処理中に接続が削除されました。' },
  },
} as const satisfies Record<string, CauseFacts>;

export type Cause = keyof typeof CAUSES;
export const Cause = z.enum(Object.keys(CAUSES) as [Cause, ...Cause[]]).describe('why a run ended without data');
