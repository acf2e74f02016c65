/** Pages before and around the login: form, refusals, notice, maintenance, the end of a session. */
import { escape, layout } from './layout.js';

function loginForm(csrf: string): string {
  return `<FORM id="loginForm" name="loginForm" method="post" action="/ib/login" accept-charset="Shift_JIS" onsubmit="return once(this)">
<INPUT type="hidden" name="_csrf" value="${escape(csrf)}"><INPUT type="hidden" name="next" value="accounts">
<TABLE border="1" summary="ログイン">
<TR><TH>ご契約番号<TD><INPUT type="text" name="userId" size="10" maxlength="8" autocomplete="off">（半角数字８桁）
<TR><TH>ログインパスワード<TD><INPUT type="password" name="password" size="20" maxlength="32">
</TABLE>
<P><INPUT type="submit" value="　ログイン　">
</FORM>`;
}

export function topPage(): string {
  return layout(
    'トップ',
    `<H2>つばめダイレクト</H2>
<P>電子証明書をお持ちのパソコンからご利用ください。
<P><A href="/ib/login">ログイン画面へ</A>`,
  );
}

export function loginPage(csrf: string): string {
  return layout(
    'ログイン',
    `<H2>ログイン</H2>
<P>ご契約番号とログインパスワードを入力し、「ログイン」ボタンを押してください。
${loginForm(csrf)}
<UL><LI>３回続けて誤入力されますと、ご利用を停止いたします。<LI>電子証明書の有効期限は１年です。</UL>`,
  );
}

/** The site after a change: the same purpose, other names everywhere. */
export function changedLoginPage(csrf: string): string {
  return layout(
    'サインイン',
    `<section class="signin"><h1>サインイン</h1>
<form method="post" action="/ib/login"><input type="hidden" name="token" value="${escape(csrf)}">
<label>お客様番号<input name="customer"></label><label>暗証番号<input type="password" name="pin"></label><button>次へ</button></form></section>`,
  );
}

export function rejectedPage(csrf: string): string {
  return layout(
    'ログイン',
    `<H2>ログイン</H2>
<P class="error"><FONT color="red">ご契約番号またはパスワードが違います。<BR>ご確認のうえ、再度入力してください。（W1001）</FONT>
${loginForm(csrf)}`,
  );
}

export function lockedPage(): string {
  return layout(
    'ご利用停止',
    `<H2>ご利用停止</H2>
<P class="error">誤入力が続いたため、ご利用を停止しております。（E1009）
<P>解除のお手続きは、お取引店の窓口へお申し付けください。`,
  );
}

export function certificateOfAnotherPage(): string {
  return layout(
    'エラー',
    `<H2>エラー</H2>
<P class="error">電子証明書とご契約番号が一致しません。（E1020）
<P>ご本人の電子証明書がインストールされたパソコンからご利用ください。`,
  );
}

export function noticePage(csrf: string, holder: string): string {
  return layout(
    '重要なお知らせ',
    `<H2>重要なお知らせ</H2>
<TABLE border="1" summary="お知らせ"><TR><TD>不正送金対策の強化に伴い、規定を一部改定いたします。内容をご確認ください。</TABLE>
<FORM id="noticeForm" method="post" action="/ib/notice"><INPUT type="hidden" name="_csrf" value="${escape(csrf)}">
<INPUT type="submit" value="確認しました"></FORM>`,
    holder,
  );
}

export function maintenancePage(): string {
  return layout(
    'システムメンテナンス',
    `<H1>システムメンテナンスのお知らせ</H1>
<P>ただいまシステムメンテナンス中のため、サービスを休止しております。
<P>再開予定：翌日　６：００`,
  );
}

export function sessionExpiredPage(): string {
  return layout(
    'タイムアウト',
    `<H2>タイムアウト</H2>
<P class="error">セッションがタイムアウトしました。（E2001）
<P>お手数ですが、<A href="/ib/login">ログイン画面</A>からやり直してください。`,
  );
}

export function loggedOutPage(): string {
  return layout('ログアウト', '<H2>ログアウト</H2>\n<P>ログアウトしました。ご利用ありがとうございました。');
}

/** For requests that the site's own pages never make. */
export function errorPage(text: string): string {
  return layout('エラー', `<H2>エラー</H2>\n<P class="error">${escape(text)}`);
}
